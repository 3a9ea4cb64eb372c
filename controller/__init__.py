"""Makes the export and the API match: observed, then actions, then effects."""
