"""What an API server of some Kubernetes version accepts, checked without one, by the description that it publishes."""
