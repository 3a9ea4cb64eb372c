"""What both processes stand on: the policy file, logging, metrics, health."""
