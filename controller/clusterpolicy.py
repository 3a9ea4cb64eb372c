"""The policy of an installation, as its ConfigMap holds it."""

from typing import Final

from kube import resources
from kube.client import Client
from policy.load import load_policy
from policy.model import Policy
from policy.shapes import mapping, text

_KEY: Final = "policy.yaml"


def cluster_policy(client: Client, installation: str, namespace: str) -> Policy:
    """Read the policy of the installation of this name, which all its own names begin with.

    Raises `NotFound` where there is none, `PolicyInvalid` for one that nobody could use, and other `ApiError`s.
    """
    name = f"{installation}-policy"
    found = client.get(resources.CONFIG_MAPS, name, namespace)
    return load_policy(text(mapping(found, "data"), _KEY) or "", f"ConfigMap {namespace}/{name}")
