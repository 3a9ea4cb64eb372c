"""Volumes that have one directory together, when some of them come to their end."""

from collections.abc import Iterable

from controller.decisions.reclaim.plan import Leave, Plan
from controller.observed.records import VolumeRecord
from controller.observed.view import ClusterView
from policy.volumes import place_of


class Leaving:
    """The volumes that may be about to go and to leave their data to another of the same directory. That other one must
    not leave it to them in turn, while they can still be seen. Safe for use from many threads, each with another volume
    in hand.
    """

    def __init__(self, view: ClusterView) -> None:
        self._view = view
        self._names: set[str] = set()

    def begin(self, volume: str) -> None:
        """This one may leave, by what will be seen from now on of the others."""
        gone = [name for name in list(self._names) if self._view.volume(name) is None]
        self._names.difference_update(gone)
        self._names.add(volume)

    def settle(self, volume: str, plan: Plan | None) -> None:
        """What has been decided on it, until it is decided on again."""
        if not isinstance(plan, Leave):
            self._names.discard(volume)

    def among(self, volumes: Iterable[VolumeRecord]) -> frozenset[str]:
        """The names of those of `volumes` that may be leaving."""
        return frozenset(each.name for each in volumes if each.name in self._names)


def sharers_of(volume: VolumeRecord, view: ClusterView) -> tuple[VolumeRecord | None, ...]:
    """The other volumes of the very same directory; None for one that is about to be made."""
    place = place_of(volume.source, view.rules.exports)
    if place is None:
        return ()
    return tuple(map(view.volume, view.occupied.users(place.export.name, place.segments, volume.name)))
