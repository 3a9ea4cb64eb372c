"""A namespace whose claims lie on the exports of the server."""

from dataclasses import dataclass
from typing import Any

from kube import resources
from kube.errors import NotFound
from policy import keys
from policy.shapes import Json, annotations, text
from testbed.waiting import wait_for
from tests.cluster.objects import phase, whole_claim
from tests.waiting import WITHIN

from .site import Site


@dataclass(frozen=True, slots=True)
class Bound:
    """A claim that is bound: its name, its volume, and the path of that on the server."""

    claim: str
    volume: Json
    path: str

    @property
    def name(self) -> str:
        """The volume's name."""
        return str(text(self.volume, "metadata", "name"))

    @property
    def uid(self) -> str:
        """The volume's uid."""
        return str(text(self.volume, "metadata", "uid"))

    @property
    def gid(self) -> int | None:
        """The group that a kubelet gives to the Pods which use it."""
        marked = annotations(self.volume).get(keys.VOLUME_GID)
        return int(marked) if marked else None


@dataclass(frozen=True, slots=True)
class Team:
    """An opted-in namespace."""

    site: Site
    namespace: str

    def claim(self, name: str, storage_class: str, meta: Json | None = None, **spec: Any) -> None:
        """Create a claim; returns at once."""
        wanted = whole_claim(name, self.namespace, meta=meta, storageClassName=storage_class, **spec)
        self.site.admin.create(resources.CLAIMS, wanted)

    def bound(self, name: str, storage_class: str, meta: Json | None = None, **spec: Any) -> Bound:
        """Create a claim, and have it bound."""
        self.claim(name, storage_class, meta, **spec)
        wait_for(f"{name} to be bound", lambda: phase(self.read(name)) == "Bound", WITHIN)
        volume = self.site.admin.get(resources.VOLUMES, str(text(self.read(name), "spec", "volumeName")))
        return Bound(name, volume, str(text(volume, "spec", "nfs", "path")))

    def read(self, name: str) -> Json:
        """A claim as it is now."""
        return self.site.admin.get(resources.CLAIMS, name, self.namespace)

    def pod(self, name: str) -> Json:
        """A Pod as it is now."""
        return self.site.admin.get(resources.PODS, name, self.namespace)

    def told(self, claim: str, reason: str) -> str:
        """What is told of a claim by a reason, as soon as it is."""
        return self.site.told("PersistentVolumeClaim", claim, self.namespace, reason)

    def events(self, claim: str) -> dict[str, str]:
        """What has been told of a claim: messages by reason."""
        return dict(self.site.events("PersistentVolumeClaim", claim, self.namespace))

    def end(self, bound: Bound) -> None:
        """Delete a claim, and have its volume gone."""
        self.site.admin.delete(resources.CLAIMS, bound.claim, self.namespace)
        wait_for(f"the volume of {bound.claim} to be gone", lambda: not self._exists(bound), WITHIN)

    def _exists(self, bound: Bound) -> bool:
        try:
            self.site.admin.get(resources.VOLUMES, bound.name)
        except NotFound:
            return False
        return True
