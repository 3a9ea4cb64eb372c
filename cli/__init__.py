"""The `nfs-steward` command."""
