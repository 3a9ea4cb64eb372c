"""What `nfs-steward status` reads, what it makes of that, and how it is shown."""
