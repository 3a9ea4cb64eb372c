"""Single reads of objects as they are now, for decisions that a record is too little, or too old, to make."""

from kube import resources
from kube.client import Client
from kube.errors import NotFound
from kube.resources import Resource
from policy.shapes import Json


class FreshReads:
    """Reads one object at a time; None where there is none. Raises `ApiError` where the API cannot say."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def pod(self, namespace: str, name: str) -> Json | None:
        """A Pod."""
        return self._read(resources.PODS, name, namespace)

    def claim(self, namespace: str, name: str) -> Json | None:
        """A claim."""
        return self._read(resources.CLAIMS, name, namespace)

    def volume(self, name: str) -> Json | None:
        """A volume."""
        return self._read(resources.VOLUMES, name)

    def namespace(self, name: str) -> Json | None:
        """A namespace."""
        return self._read(resources.NAMESPACES, name)

    def _read(self, resource: Resource, name: str, namespace: str | None = None) -> Json | None:
        try:
            return self._client.get(resource, name, namespace)
        except NotFound:
            return None
