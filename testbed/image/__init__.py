"""The container image, built for real from the Dockerfile on a machine that has neither an engine nor a registry."""
