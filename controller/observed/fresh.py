"""Single reads of objects as they are now, for decisions that a record is too little, or too old, to make."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from kube import resources
from kube.client import Client
from kube.errors import NotFound
from kube.resources import Resource
from policy.shapes import Json

WAITING_ON_A_NODE: Final = "spec.nodeName!=,status.phase=Pending"
"""Which Pods' kubelets may be trying to mount; one that runs has all its mounts."""


class FreshReads:
    """Reads what it is asked for; None where there is none. Raises `ApiError` where the API cannot say."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def pod(self, namespace: str, name: str) -> Json | None:
        """A Pod."""
        return self._read(resources.PODS, name, namespace)

    def pods_waiting_on_a_node(self) -> Iterator[Json]:
        """All Pods whose kubelet may be trying to mount, labelled or not."""
        return self._client.list(resources.PODS, field_selector=WAITING_ON_A_NODE).items

    def claim(self, namespace: str, name: str) -> Json | None:
        """A claim."""
        return self._read(resources.CLAIMS, name, namespace)

    def volume(self, name: str) -> Json | None:
        """A volume."""
        return self._read(resources.VOLUMES, name)

    def namespace(self, name: str) -> Json | None:
        """A namespace."""
        return self._read(resources.NAMESPACES, name)

    def reference_grants(self, namespace: str) -> Sequence[Json] | None:
        """The ReferenceGrants of a namespace; None where the API has no such kind."""
        for version in resources.REFERENCE_GRANTS:
            with suppress(NotFound):
                return tuple(self._client.list(version, namespace).items)
        return None

    def _read(self, resource: Resource, name: str, namespace: str | None = None) -> Json | None:
        try:
            return self._client.get(resource, name, namespace)
        except NotFound:
            return None
