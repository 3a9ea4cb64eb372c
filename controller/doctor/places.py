"""Which directories of an export belong to somebody, by what is known of the cluster."""

from collections.abc import Iterator
from dataclasses import dataclass

from controller.doctor.nfsvolumes import nfs_volumes
from controller.doctor.observed import Observed
from policy.errors import WrongShape
from policy.exports import Segments
from policy.paths import NAMESPACE_VARIABLE, split_path
from policy.pods import inline_nfs_volumes
from policy.shapes import Json, text
from policy.volumes import NfsSource, place_of


@dataclass(frozen=True, slots=True)
class Places:
    """`needed`: directories that Pods are to mount by a claim, each with its volume; `known`: these and all others
    that somebody has a claim to.
    """

    needed: dict[Segments, str]
    known: frozenset[Segments]


def places_on(export: str, observed: Observed) -> Places:
    """The places on the export of this name. A directory that holds a known one is nobody's own."""
    needed: dict[Segments, str] = {}
    known: set[Segments] = set()
    for volume, source in nfs_volumes(observed.volumes):
        segments = _segments(source, export, observed)
        if segments:
            known.add(segments)
            if text(volume, "status", "phase") == "Bound" and not text(volume, "metadata", "deletionTimestamp"):
                needed[segments] = text(volume, "metadata", "name") or ""
    known.update(_of_pods(export, observed))
    known.update(_of_namespaces(export, observed))
    known.update(_of_exports(export, observed))
    return Places(needed, frozenset(known))


def _of_pods(export: str, observed: Observed) -> Iterator[Segments]:
    for pod in observed.pods:
        for volume in _inline(pod):
            segments = _segments(volume, export, observed)
            if segments:
                yield segments


def _of_namespaces(export: str, observed: Observed) -> Iterator[Segments]:
    """Where Pods of a namespace may mount whatever they like, by its profile's `inlinePaths`."""
    for settings in observed.opted_in:
        for pattern in settings.profile.inline_paths:
            path = pattern.replace(NAMESPACE_VARIABLE, settings.namespace)
            for each in observed.policy.exports:
                segments = _segments(NfsSource(each.server, path), export, observed)
                if segments:
                    yield segments


def _of_exports(export: str, observed: Observed) -> Iterator[Segments]:
    """The roots of other exports that lie inside this one."""
    own = observed.managed.named(export)
    root = split_path(own.path) if own else ()
    for each in observed.managed.exports if own else ():
        there = split_path(each.path)
        inside = there[len(root) :]
        if own and inside and there[: len(root)] == root and observed.managed.entangled(own, inside):
            yield inside


def _inline(pod: Json) -> Iterator[NfsSource]:
    try:
        yield from (volume.source for volume in inline_nfs_volumes(pod))
    except WrongShape:
        return


def _segments(source: NfsSource, export: str, observed: Observed) -> Segments | None:
    place = place_of(source, observed.managed)
    return place.segments if place and place.export.name == export else None
