"""A kernel NFS server as administrators set it up, with clients of its own, in a guest: beside a testbed or alone."""
