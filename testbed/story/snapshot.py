"""What there is at one moment: the cluster's objects and Events as raw JSON, and what lies on the export."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from policy.shapes import Json, mapping, sequence, text
from testbed.story.cases import Case
from testbed.story.manifests import Place


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The objects of all namespaces; `paths` are the files and directories below the export's root.

    `refusals` holds what the API server said to whoever created a case's objects, by namespace and case.
    """

    pods: tuple[Json, ...] = ()
    claims: tuple[Json, ...] = ()
    volumes: tuple[Json, ...] = ()
    events: tuple[Json, ...] = ()
    paths: frozenset[str] = frozenset()
    refusals: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scene:
    """One case in one namespace, as it stands in a snapshot."""

    case: Case
    place: Place
    snapshot: Snapshot

    @property
    def refusal(self) -> str | None:
        """What the API server said when it refused one of the objects."""
        return self.snapshot.refusals.get((self.place.namespace, self.case.letter))

    @property
    def pod(self) -> Json | None:
        """The case's Pod."""
        return _named(self.snapshot.pods, self.case.name, self.place.namespace)

    @property
    def claim(self) -> Json | None:
        """The case's claim."""
        return _named(self.snapshot.claims, self.case.name, self.place.namespace)

    @property
    def volume(self) -> Json | None:
        """The volume that the claim is bound to, or names."""
        claim = self.claim
        name = claim and text(claim, "spec", "volumeName")
        return _named(self.snapshot.volumes, name) if name else None

    @property
    def directory(self) -> str | None:
        """The directory that the Pod mounts, below the export's root; None while there is no volume."""
        path = self._inline_path() or (self.volume and text(self.volume, "spec", "nfs", "path"))
        return str(PurePosixPath(path).relative_to(self.place.export)) if path else None

    def events(self, *kinds: str) -> Iterator[Json]:
        """The Events about the case's objects of these kinds, oldest first."""
        names = {("PersistentVolume", text(self.volume, "metadata", "name"))} if self.volume else set()
        names |= {("Pod", self.case.name), ("PersistentVolumeClaim", self.case.name)}
        for event in sorted(self.snapshot.events, key=_last_seen):
            regarding = mapping(event, "involvedObject")
            kind, namespace = regarding.get("kind"), regarding.get("namespace")
            here = namespace == self.place.namespace or kind == "PersistentVolume"
            if kind in kinds and here and (kind, regarding.get("name")) in names:
                yield event

    def _inline_path(self) -> str | None:
        volumes = sequence(self.pod, "spec", "volumes") if self.pod else ()
        return next((path for each in volumes if (path := text(each, "nfs", "path"))), None)


def _named(objects: Iterable[Json], name: str, namespace: str | None = None) -> Json | None:
    wanted = (name, namespace)
    return next((obj for obj in objects if (text(obj, "metadata", "name"), _namespace(obj)) == wanted), None)


def _namespace(obj: Json) -> str | None:
    return text(obj, "metadata", "namespace")


def _last_seen(event: Json) -> str:
    """When an Event was last recorded, as RFC 3339 text, which sorts by time to the second."""
    moments = (text(event, "series", "lastObservedTime"), text(event, "lastTimestamp"), text(event, "eventTime"))
    return next((moment for moment in moments if moment), "")[:19]
