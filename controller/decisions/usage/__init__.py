"""The real use of volumes: whose is measured, what is remembered on the volume, and what its claim's author is told."""
