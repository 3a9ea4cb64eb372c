"""What is kept of each object: only what some decision reads, since there may be tens of thousands.

A record tells whether there may be something to do. Where more of an object is needed, it is read afresh at that time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from sys import intern

from controller.observed.usage import Recorded, recorded_on
from policy import keys
from policy.errors import QuantityInvalid
from policy.marks import directory_changed, directory_ignored, opted_out
from policy.pods import InlineVolume, inline_nfs_volumes
from policy.quantity import parse_quantity
from policy.shapes import Json, annotations, labels, mapping, sequence, text
from policy.volumes import NfsSource, class_of_volume, nfs_source

_NOT_BOUND = frozenset({None, "Pending"})
"""Phases of a claim that has no volume; it has none at all for the first moment."""

_RELEASED = frozenset({"Released", "Failed"})
"""Phases of a volume whose claim is gone."""


@dataclass(frozen=True, slots=True)
class PodRecord:
    """A Pod with inline NFS volumes or gates of ours. `gates` are all its gates, in order; `created` is RFC 3339;
    `left_alone`: its author wants nobody's hands on it, or on its directories.
    """

    namespace: str
    name: str
    uid: str
    created: str
    gates: tuple[str, ...]
    volumes: tuple[InlineVolume, ...]
    left_alone: bool
    deleting: bool


@dataclass(frozen=True, slots=True)
class ClaimRecord:
    """A claim. `storage_class` is None where nothing names one, `provisioner` who the binder asks to make a volume,
    `node` the one that the scheduler chose where the class waits for that. `grows`: it asks for more than it has.
    `marks` stands for its labels and annotations while it is pending, on which its directory may depend, and for the
    volume that it is about to be bound to: a claim that was refused is looked at again when they change. `chosen` is
    the export that its volume is to be made on, where its class names several. `volume` is the one that it is bound to;
    `used` and `over_quota`, an annotation and a label, are what it says of its use.
    """

    namespace: str
    name: str
    uid: str
    storage_class: str | None
    pending: bool
    grows: bool
    provisioner: str
    node: str
    left_alone: bool
    deleting: bool
    marks: int = 0
    chosen: str = ""
    volume: str = ""
    used: str = ""
    over_quota: str = ""


@dataclass(frozen=True, slots=True)
class ClaimRef:
    """The claim that a volume is bound to or reserved for; `uid` is empty where it is only reserved by name."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class VolumeRecord:
    """A volume. `source` is None where it is no NFS, `provisioner` who made it, empty for static ones. `reclaims`: it
    does not outlive its claim; `released`: that claim is gone; `held`: our finalizer keeps it; `shared`: others may
    have its directory, too; `directory_ignored`: its author sees to that; `directory_changed`: one that is there
    already gets mode and owner, too; `ending`: what it says of its data; `size`: its capacity, as written; `usage`:
    what it says of its use. `gid` is the one for its Pods, as written, `gid_given` the one that we wrote there;
    `annotated`: it has a place for annotations.
    """

    name: str
    uid: str
    source: NfsSource | None
    claim: ClaimRef | None
    storage_class: str
    has_options: bool
    provisioner: str
    left_alone: bool
    reclaims: bool
    released: bool
    deleting: bool
    held: bool
    shared: bool = False
    directory_ignored: bool = False
    directory_changed: bool = False
    ending: str = ""
    size: str = ""
    usage: Recorded | None = None
    gid: str | None = None
    gid_given: str | None = None
    annotated: bool = False

    @property
    def over(self) -> bool:
        """Whether nobody is to use it (any more)."""
        return self.released or self.deleting

    @property
    def unclaimed(self) -> bool:
        """Whether the binder may still give it to a claim that it has not been bound to: one that is reserved by name
        counts, too.
        """
        return not self.over and (self.claim is None or not self.claim.uid)


@dataclass(frozen=True, slots=True)
class NamespaceRecord:
    """A namespace: its labels are where everything starts. One that is `deleting` takes nothing new in."""

    name: str
    uid: str
    labels: Mapping[str, str]
    deleting: bool = False


def pod_record(raw: Json) -> PodRecord | None:
    """Keep a Pod, None where nothing in it concerns us; raises `WrongShape`."""
    gates = tuple(text(gate, "name") or "" for gate in sequence(raw, "spec", "schedulingGates"))
    volumes = inline_nfs_volumes(raw)
    if not volumes and not any(is_our_gate(gate) for gate in gates):
        return None
    return PodRecord(
        namespace=_text(raw, "metadata", "namespace"),
        name=_text(raw, "metadata", "name"),
        uid=_text(raw, "metadata", "uid"),
        created=_text(raw, "metadata", "creationTimestamp"),
        gates=gates,
        volumes=volumes,
        left_alone=opted_out(raw) or directory_ignored(raw),
        deleting=_is_deleting(raw),
    )


def claim_record(raw: Json) -> ClaimRecord:
    """Keep a claim; raises `WrongShape`."""
    marks = annotations(raw)
    storage_class = class_of_claim(raw)
    pending = text(raw, "status", "phase") in _NOT_BOUND
    return ClaimRecord(
        namespace=intern(_text(raw, "metadata", "namespace")),
        name=_text(raw, "metadata", "name"),
        uid=_text(raw, "metadata", "uid"),
        storage_class=_interned(storage_class),
        pending=pending,
        grows=_grows(raw),
        provisioner=intern(asked_provisioner(raw)),
        node=intern(marks.get(keys.SELECTED_NODE, "")),
        left_alone=opted_out(raw),
        deleting=_is_deleting(raw),
        marks=_fingerprint(raw) if pending else 0,
        chosen=intern(marks.get(keys.CHOSEN_EXPORT, "")) if pending else "",
        volume="" if pending else intern(_text(raw, "spec", "volumeName")),
        used=marks.get(keys.USED, ""),
        over_quota=intern(labels(raw).get(keys.OVER_QUOTA, "")),
    )


def volume_record(raw: Json) -> VolumeRecord:
    """Keep a volume; raises `WrongShape`."""
    marks = annotations(raw)
    return VolumeRecord(
        name=intern(_text(raw, "metadata", "name")),
        uid=_text(raw, "metadata", "uid"),
        source=nfs_source(mapping(raw, "spec")),
        claim=_claim_ref(raw),
        storage_class=intern(class_of_volume(raw)),
        has_options=bool(sequence(raw, "spec", "mountOptions")) or keys.LEGACY_MOUNT_OPTIONS_ANNOTATION in marks,
        provisioner=intern(marks.get(keys.PROVISIONED_BY, "")),
        left_alone=opted_out(raw),
        reclaims=text(raw, "spec", "persistentVolumeReclaimPolicy") == "Delete",
        released=text(raw, "status", "phase") in _RELEASED,
        deleting=_is_deleting(raw),
        shared=marks.get(keys.SHARED) == keys.SHARED_TRUE,
        ending=intern(f"{marks.get(keys.ON_DELETE, '')} {marks.get(keys.ARCHIVE_FOR, '')}"),
        held=keys.DATA_FINALIZER in sequence(raw, "metadata", "finalizers"),
        directory_ignored=directory_ignored(raw),
        directory_changed=directory_changed(raw),
        size=intern(_text(raw, "spec", "capacity", "storage")),
        usage=recorded_on(raw),
        gid=_interned(marks.get(keys.VOLUME_GID)),
        gid_given=_interned(marks.get(keys.GID_GIVEN)),
        annotated=mapping(raw, "metadata").get("annotations") is not None,
    )


def namespace_record(raw: Json) -> NamespaceRecord:
    """Keep a namespace; raises `WrongShape`."""
    marks = {intern(key): intern(value) for key, value in labels(raw).items()}
    name, uid = _text(raw, "metadata", "name"), _text(raw, "metadata", "uid")
    return NamespaceRecord(name, uid, marks, _is_deleting(raw))


def class_of_claim(claim: Json) -> str | None:
    """The class that a claim names, None for none; as for Kubernetes, the legacy annotation goes first."""
    legacy = annotations(claim).get(keys.LEGACY_CLASS_ANNOTATION)
    return text(claim, "spec", "storageClassName") if legacy is None else legacy


def asked_provisioner(claim: Json) -> str:
    """Whom the binder asks to make a volume for the claim, empty while it asks nobody."""
    marks = annotations(claim)
    return next((marks[key] for key in keys.STORAGE_PROVISIONER_ANNOTATIONS if marks.get(key)), "")


def is_our_gate(gate: str) -> bool:
    """Whether a scheduling gate is one that only we lift."""
    return gate == keys.DIRECTORY_GATE or gate.startswith(f"{keys.DIRECTORY_GATE}-")


def _fingerprint(claim: Json) -> int:
    """The same for the same volume, labels and annotations, but for those that the binder puts there when it binds."""
    marks = (item for item in annotations(claim).items() if not item[0].startswith(keys.BINDERS_OWN))
    return hash((_text(claim, "spec", "volumeName"), frozenset(labels(claim).items()), frozenset(marks)))


def _claim_ref(volume: Json) -> ClaimRef | None:
    found = mapping(volume, "spec", "claimRef")
    if not found:
        return None
    namespace = intern(_text(found, "namespace"))
    return ClaimRef(namespace, _text(found, "name"), _text(found, "uid"))


def _grows(claim: Json) -> bool:
    """Whether a bound claim has less than it asks for, as far as its sizes can be read."""
    asked, has = text(claim, "spec", "resources", "requests", "storage"), text(claim, "status", "capacity", "storage")
    if asked is None or has is None or asked == has or text(claim, "status", "phase") != "Bound":
        return False
    try:
        return parse_quantity(asked) > parse_quantity(has)
    except QuantityInvalid:
        return True  # whoever deals with it says so


def _interned(value: str | None) -> str | None:
    return value if value is None else intern(value)


def _is_deleting(raw: Json) -> bool:
    return text(raw, "metadata", "deletionTimestamp") is not None


def _text(obj: Mapping[str, object], *path: str) -> str:
    return text(obj, *path) or ""
