"""What is told of namespaces, claims and exports, worked out from what was read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cli.standing.looking import LEASES, NAMESPACES, POLICY, Seen, Unseen, by_namespace
from controller.names import export_duty, lease_of
from controller.observed.records import class_of_claim
from controller.observed.standings import standing_of
from controller.observed.usage import Recorded, recorded_on, time_of
from policy import keys
from policy.errors import QuantityInvalid
from policy.exports import ManagedExports
from policy.parameters import QuotaKind
from policy.profiles import NamespaceSettings, settings_for
from policy.quantity import parse_amount
from policy.quotas import counted
from policy.shapes import Json, annotations, labels, mapping, text
from policy.volumes import nfs_source, place_of


@dataclass(frozen=True, slots=True)
class Limited:
    """What a quota allows (None: no limit that is known), and how much of that is taken: bytes, or a number."""

    hard: int | None
    used: int | None


@dataclass(frozen=True, slots=True)
class ClaimStatus:
    """A claim. `capacity` is in bytes, None while it has none; `recorded` what its volume says of its use, None where
    nothing is known; `told` what the claim itself says, for who may not read volumes.
    """

    name: str
    storage_class: str
    phase: str
    capacity: int | None
    recorded: Recorded | None
    told: str
    over_quota: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """What cannot be told: labels or policy could not be read."""


@dataclass(frozen=True, slots=True)
class NamespaceStatus:
    """A namespace. `settings` None: it is not opted in. `storage` and `claims` are what its quota says of each class,
    in bytes and in claims; `held` the claims themselves.
    """

    name: str
    settings: NamespaceSettings | Unknown | None
    storage: Mapping[str, Limited]
    claims: Mapping[str, Limited]
    held: tuple[ClaimStatus, ...]


@dataclass(frozen=True, slots=True)
class ExportStatus:
    """An export, as its controller says on its Lease; `oldest`: when the oldest figure was measured that is told.
    `file_system`: the kind of the one that the controller is at itself, else empty; `sized`: it holds volumes to their
    sizes by project quotas.
    """

    name: str
    state: str
    free: int | None
    oldest: datetime | None
    file_system: str = ""
    sized: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """All that is told."""

    namespaces: tuple[NamespaceStatus, ...]
    exports: tuple[ExportStatus, ...]
    unseen: tuple[Unseen, ...]


NO_LEASE: Final = "no controller"
"""The state of an export that no controller has ever served."""


def summarize(seen: Seen) -> Summary:
    """Tell of opted-in namespaces, of others where claims have volumes of ours, and of the one that is asked for."""
    volumes = {_name(each): each for each in seen.volumes}
    claims, quotas = by_namespace(seen.claims), by_namespace(seen.quotas)
    found = []
    for namespace in sorted(seen.namespaces, key=_name):
        name = _name(namespace)
        settings = settings_for(seen.policy, name, labels(namespace))
        held = tuple(_claims(claims.get(name, []), volumes, settings))
        if settings or held or name == seen.namespace:
            status = NamespaceStatus(name, _known(seen, settings), *_limits(quotas.get(name, [])), held)
            found.append(status)
    return Summary(tuple(found), tuple(_exports(seen)), seen.unseen)


def _known(seen: Seen, settings: NamespaceSettings | None) -> NamespaceSettings | Unknown | None:
    return settings if seen.sees(NAMESPACES) and seen.sees(POLICY) else Unknown()


def _limits(quotas: Sequence[Json]) -> tuple[Mapping[str, Limited], Mapping[str, Limited]]:
    """What the namespace's quota says of each class: of bytes, and of claims."""
    storage: dict[str, Limited] = {}
    claims: dict[str, Limited] = {}
    for quota in quotas:
        hard, used = (mapping(quota, "status", field) for field in ("hard", "used"))
        for name, most in hard.items():
            of = counted(name)
            if of:
                (claims if of.claims else storage)[of.storage_class] = Limited(_amount(most), _amount(used.get(name)))
    return storage, claims


def _claims(
    claims: Sequence[Json], volumes: Mapping[str, Json], settings: NamespaceSettings | None
) -> Iterator[ClaimStatus]:
    """Of classes that are ours to rule over, on volumes of ours, and whatever else is measured."""
    classes = settings.nfs_classes if settings else frozenset()
    for claim in claims:
        volume = volumes.get(text(claim, "spec", "volumeName") or "")
        marks = annotations(volume) if volume else {}
        ours = marks.get(keys.PROVISIONED_BY) == keys.PROVISIONER or keys.USED_BYTES in marks
        if ours or class_of_claim(claim) in classes or keys.USED in annotations(claim):
            yield _claim(claim, volume)


def _claim(claim: Json, volume: Json | None) -> ClaimStatus:
    size = text(volume, "spec", "capacity", "storage") if volume else text(claim, "status", "capacity", "storage")
    return ClaimStatus(
        name=_name(claim),
        storage_class=class_of_claim(claim) or "",
        phase=text(claim, "status", "phase") or "",
        capacity=_amount(size),
        recorded=recorded_on(volume) if volume else None,
        told=annotations(claim).get(keys.USED, ""),
        over_quota=labels(claim).get(keys.OVER_QUOTA) == keys.OVER_QUOTA_TRUE,
    )


def _exports(seen: Seen) -> Iterator[ExportStatus]:
    leases, sized = {_name(each): each for each in seen.leases}, _sized(seen)
    for export in seen.policy.exports if seen.sees(LEASES) else ():
        lease = leases.get(lease_of(export_duty(export.name)))
        if lease is None:
            yield ExportStatus(export.name, NO_LEASE, None, None)
            continue
        standing = standing_of(lease, 0.0)
        state = standing.state if standing.record.holder else NO_LEASE
        marks = annotations(lease)
        yield ExportStatus(
            name=export.name,
            state=state,
            free=standing.free,
            oldest=time_of(marks.get(keys.OLDEST_MEASUREMENT)),
            file_system=marks.get(keys.FILE_SYSTEM, ""),
            sized=export.name in sized,
        )


def _sized(seen: Seen) -> set[str]:
    """The exports that hold some volume to its size by a project quota."""
    exports = ManagedExports(seen.policy.exports)
    held = (each for each in seen.volumes if annotations(each).get(keys.HELD_BY) == QuotaKind.PROJECT)
    places = (place_of(nfs_source(mapping(each, "spec")), exports) for each in held)
    return {place.export.name for place in places if place}


def _amount(quantity: str | None) -> int | None:
    try:
        return parse_amount(quantity) if quantity is not None else None
    except QuantityInvalid:
        return None


def _name(obj: Json) -> str:
    return text(obj, "metadata", "name") or ""
