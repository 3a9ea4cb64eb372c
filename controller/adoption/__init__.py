"""Taking over from another provisioner of NFS volumes: observed -> plan -> effects, once, when asked to."""
