"""A beginner's story of NFS on Kubernetes, played once in a namespace without our label and once in one with it."""
