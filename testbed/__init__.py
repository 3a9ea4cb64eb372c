"""A real control plane, a real node and a real NFS export on one machine."""
