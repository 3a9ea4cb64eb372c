"""What the controller knows of the cluster: slim records kept by informers, and single fresh reads."""
