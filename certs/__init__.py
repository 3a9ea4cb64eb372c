"""CA and serving certificates: making them, writing them where the webhook reads, telling when to replace them."""
