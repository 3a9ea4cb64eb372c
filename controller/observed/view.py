"""The cluster as all duties of one process see it: one set of informers, however many exports there are."""

import threading
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final, Protocol

from controller.decisions.newvolume import volume_name
from controller.observed import entailed
from controller.observed.fresh import WAITING_ON_A_NODE
from controller.observed.occupied import Occupant, OccupiedDirectories, occupant_of
from controller.observed.records import (
    ClaimRecord,
    NamespaceRecord,
    PodRecord,
    VolumeRecord,
    namespace_record,
    pod_record,
    volume_record,
)
from controller.observed.settings import SettingsCache
from controller.observed.unclaimed import UnclaimedVolumes
from controller.observed.waiting import WaitingClaims
from controller.rules import Rules
from controller.work import GIDS, Kind, Work, limits_of
from kube import resources
from kube.client import Client
from kube.events import ObjectReference
from kube.informer import Change, Informer
from policy import keys
from policy.exports import Segments
from policy.gids import Holder, Ledger, holder_of, read_ledger
from policy.profiles import NamespaceSettings
from policy.shapes import Json
from policy.volumes import place_of

# A Pod that has ended mounts nothing any more.
_NOT_ENDED: Final = "status.phase!=Succeeded,status.phase!=Failed"
UNSCHEDULED: Final = f"spec.nodeName=,{_NOT_ENDED}"
"""Every gated Pod is among these, and every other one before its scheduling."""


class Listener(Protocol):
    """Who wants to know when to look at something. Called in informers' threads: to be quick."""

    def changed(self, work: Work) -> None:
        """An object has changed, appeared or gone."""
        ...

    def classes_changed(self) -> None:
        """Some StorageClass has."""
        ...


_NO_LEDGER: Final = Ledger()


class ClusterView:
    """Slim records of namespaces, classes, claims, volumes and Pods, and what follows from them; and the ledger of
    gids, which is in `namespace`, nfs-steward's own.
    """

    def __init__(self, client: Client, namespace: str, rules: Rules, listener: Listener) -> None:
        self.home = namespace
        self._rules = rules
        self._listener = listener
        self._lock = threading.Lock()
        self.occupied = OccupiedDirectories()
        self.unclaimed = UnclaimedVolumes()
        self._namespaces = Informer(
            client, resources.NAMESPACES, namespace_record, metadata_only=True, on_change=self._namespace_changed
        )
        self._classes: Informer[Json] = Informer(
            client, resources.STORAGE_CLASSES, _whole, on_change=lambda _: listener.classes_changed()
        )
        self._waiting_claims = WaitingClaims()
        self._claims = Informer(client, resources.CLAIMS, self._waiting_claims.record, on_change=self._claim_changed)
        self._volumes = Informer(client, resources.VOLUMES, volume_record, on_change=self._volume_changed)
        on_pod = self._telling(Kind.POD)
        self._unscheduled = Informer(client, resources.PODS, pod_record, on_change=on_pod, field_selector=UNSCHEDULED)
        self._waiting = Informer(
            client,
            resources.PODS,
            pod_record,
            on_change=on_pod,
            label_selector=f"{keys.INLINE}=true",
            field_selector=WAITING_ON_A_NODE,
        )
        self._ledger = Informer(
            client,
            resources.CONFIG_MAPS,
            read_ledger,
            namespace=namespace,
            on_change=self._ledger_changed,
            field_selector=f"metadata.name={keys.GID_LEDGER}",
        )
        self._settings = SettingsCache(self._namespaces.get, lambda: self._rules.policy)

    @property
    def rules(self) -> Rules:
        """The policy of the moment."""
        return self._rules

    @property
    def informers(self) -> tuple[Informer[Any], ...]:
        """All of them, for health checks."""
        pods = (self._unscheduled, self._waiting)
        return (self._namespaces, self._classes, self._claims, self._volumes, self._ledger, *pods)

    def start(self) -> None:
        """Begin to watch."""
        for informer in self.informers:
            informer.start()

    def stop(self) -> None:
        """Watch no more."""
        for informer in self.informers:
            informer.stop()

    def wait_complete(self, timeout: float) -> bool:
        """Wait, for `timeout` seconds at most, until everything has been seen once; whether it has."""
        give_up = time.monotonic() + timeout
        return all(informer.wait_synced(max(0.0, give_up - time.monotonic())) for informer in self.informers)

    def use(self, rules: Rules) -> None:
        """Go by another policy from now on."""
        self._rules = rules
        self._index_volumes()

    def settings(self, namespace: str) -> NamespaceSettings | None:
        """What holds in a namespace; None: it is not opted in, or not known (yet)."""
        return self._settings.of(namespace)

    def namespace(self, name: str) -> NamespaceRecord | None:
        """A namespace."""
        return self._namespaces.get(name)

    def namespaces(self) -> list[NamespaceRecord]:
        """All namespaces."""
        return self._namespaces.items()

    @property
    def gids(self) -> Ledger:
        """The ledger of gids; an empty one where there is none yet."""
        return self._ledger.get(keys.GID_LEDGER, self.home) or _NO_LEDGER

    def gid(self, namespace: str) -> int | None:
        """The gid of a namespace; None: it has none, or is not known (yet)."""
        known = self._namespaces.get(namespace)
        return self.gids.gid_of(namespace, known.uid) if known else None

    def living(self) -> Collection[Holder]:
        """The namespaces that there are, as the ledger of gids names them."""
        return {holder_of(each.name, each.uid) for each in self._namespaces.items()}

    def storage_class(self, name: str) -> Json | None:
        """A class, whole: there are few."""
        return self._classes.get(name)

    def claim(self, namespace: str, name: str) -> ClaimRecord | None:
        """A claim."""
        return self._claims.get(name, namespace)

    def whole_claim(self, namespace: str, name: str) -> Json | None:
        """A claim that waits for a volume, whole; None where that is not at hand."""
        known = self._claims.get(name, namespace)
        return self._waiting_claims.whole(known) if known else None

    def volume(self, name: str) -> VolumeRecord | None:
        """A volume."""
        return self._volumes.get(name)

    def pod(self, namespace: str, name: str) -> PodRecord | None:
        """A Pod that concerns us and that no kubelet has started yet."""
        return self._unscheduled.get(name, namespace) or self._waiting.get(name, namespace)

    def storage_classes(self) -> list[Json]:
        """All classes."""
        return self._classes.items()

    def everything(self, namespace: str | None = None) -> Iterable[Work]:
        """Every object that may lead to work, of one namespace or of all; Pods first: somebody waits for those.

        A volume belongs to the namespace of its claim, and to none without one.
        """
        for pod in (*self._unscheduled.items(), *self._waiting.items()):
            if namespace in (None, pod.namespace):
                yield Work(Kind.POD, pod.namespace, pod.name)
        for claim in self._claims.items():
            if namespace in (None, claim.namespace):
                yield Work(Kind.CLAIM, claim.namespace, claim.name)
        for name in self.volume_names(namespace):
            yield Work(Kind.VOLUME, "", name)
        for each in self._namespaces.items():
            if namespace in (None, each.name):
                yield limits_of(each.name)
                yield Work(Kind.NAMESPACE, "", each.name)
        if namespace is None:
            yield GIDS

    def volume_names(self, namespace: str | None = None) -> Iterable[str]:
        """The volumes of claims of one namespace, or all there are."""
        for volume in self._volumes.items():
            if namespace is None or (volume.claim and namespace == volume.claim.namespace):
                yield volume.name

    def reserve(self, claim: ObjectReference, export: str, segments: Segments, *, shared: bool) -> str | None:
        """Keep a directory on an export for the volume that a claim may get, for as long as that may come; comes back
        with why it cannot have it (a clause). `shared`: as in `Occupant`.
        """
        namespace = claim.namespace or ""
        occupant = Occupant(volume_name(claim.uid), namespace, provisioned=True, shared=shared)
        conflict = self.occupied.reserve(occupant, export, segments)
        if not _waits(self.claim(namespace, claim.name), claim.uid):
            with self._lock:  # the watch has brought its end already, and will not again
                self._index(occupant.volume)
        return conflict

    def expect(self, volume: Json) -> str | None:
        """Remember where a volume is that is about to be created, so that no other is made there before a watch shows
        it; comes back with why it must not be created (a clause) where another has the place.
        """
        record = volume_record(volume)
        place = place_of(record.source, self._rules.exports)
        if place is None:
            return "it lies on no managed export"
        return self.occupied.reserve(occupant_of(record), place.export.name, place.segments)

    def _claim_changed(self, change: Change[ClaimRecord]) -> None:
        if change.old and not _waits(change.new, change.old.uid):
            with self._lock:  # a volume that was expected for it may never come
                self._index(volume_name(change.old.uid))
            self._waiting_claims.drop(change.old.uid)
        self._listener.changed(Work(Kind.CLAIM, change.key.namespace or "", change.key.name))
        self._tell_all(entailed.by_claim(change, self._volumes.items))

    def _tell_all(self, works: Iterable[Work]) -> None:
        for work in works:
            self._listener.changed(work)

    def _telling(self, kind: Kind) -> Callable[[Change[Any]], None]:
        return lambda change: self._listener.changed(Work(kind, change.key.namespace or "", change.key.name))

    def _namespace_changed(self, change: Change[NamespaceRecord]) -> None:
        self._listener.changed(limits_of(change.key.name))  # first of all: until they are there, claims are refused
        self._listener.changed(Work(Kind.NAMESPACE, "", change.key.name))
        if change.old and (change.new is None or change.new.uid != change.old.uid):
            self._listener.changed(GIDS)

    def _ledger_changed(self, change: Change[Ledger]) -> None:
        self._tell_all(entailed.by_ledger(change, self._lives))

    def _lives(self, holder: Holder) -> bool:
        known = self._namespaces.get(holder.namespace)
        return known is not None and holder_of(known.name, known.uid) == holder

    def _volume_changed(self, change: Change[VolumeRecord]) -> None:
        with self._lock:
            self._index(change.key.name)
        self._listener.changed(Work(Kind.VOLUME, "", change.key.name))
        self._tell_all(entailed.by_volume(change))

    def _index_volumes(self) -> None:
        with self._lock:
            self.occupied.clear()
            for volume in self._volumes.items():
                self._index(volume.name)

    def _index(self, name: str) -> None:
        """Bring the index up to date with the volume as it is now, however it came to that."""
        volume = self._volumes.get(name)
        if volume is None:
            self.unclaimed.drop(name)
        else:
            self.unclaimed.put(volume)
        place = place_of(volume.source, self._rules.exports) if volume else None
        if volume is None or place is None:
            self.occupied.drop(name)
        else:
            self.occupied.put(occupant_of(volume), place.export.name, place.segments)


def _waits(claim: ClaimRecord | None, uid: str) -> bool:
    """Whether the claim of this uid has the volume that is made for it, or may get it."""
    return claim is not None and claim.uid == uid and claim.volume in ("", volume_name(uid))


def _whole(raw: Json) -> Json:
    return raw
