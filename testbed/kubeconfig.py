"""Writing kubeconfig files."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Access:
    """One user's way to an API server: its URL, the certificate authority (PEM) to trust, a bearer token."""

    url: str
    authority: bytes
    token: str


def write_kubeconfig(path: Path, access: Access) -> Path:
    """Write a kubeconfig with one cluster and one user, for its owner's eyes only; returns `path`."""
    authority = base64.b64encode(access.authority).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "testbed", "cluster": {"server": access.url, "certificate-authority-data": authority}},
        ],
        "users": [{"name": "testbed", "user": {"token": access.token}}],
        "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": "testbed"}}],
        "current-context": "testbed",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=2) + "\n")  # JSON is YAML
    return path
