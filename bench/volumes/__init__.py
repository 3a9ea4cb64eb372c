"""How soon volumes come to those who wait for them, on whole control planes where nfs-steward is installed."""
