"""The duty that keeps the webhook's certificate: what is there, what is to be done next, and the doing."""
