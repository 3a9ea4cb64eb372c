"""A real Kubernetes node without KVM and without touching the machine: a User-Mode Linux guest as a process."""
