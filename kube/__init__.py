"""How we talk to the Kubernetes API: raw JSON over HTTPS. The only importer of the `kubernetes` client."""
