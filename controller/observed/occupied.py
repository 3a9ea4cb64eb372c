"""Which directories of the managed exports belong to which volumes."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from controller.observed.records import VolumeRecord
from policy.exports import Segments


@dataclass(frozen=True, slots=True)
class Occupant:
    """A volume that uses a directory; `namespace` is its claim's, empty where it has none. `shared`: it is of a class
    whose volumes may have a directory together; `ending`: it is about to go, and may take its data with it.
    """

    volume: str
    namespace: str
    provisioned: bool
    shared: bool = False
    ending: bool = False


def occupant_of(volume: VolumeRecord) -> Occupant:
    """The volume as one that uses a directory."""
    namespace = volume.claim.namespace if volume.claim else ""
    ending = volume.over and volume.reclaims
    return Occupant(volume.name, namespace, volume.provisioner != "", volume.shared, ending)


class OccupiedDirectories:
    """An index of volumes by directory; safe for use from many threads.

    A volume of an export's root is not in it: whoever was given the whole export sees every directory on it anyway.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at: dict[tuple[str, Segments], dict[str, Occupant]] = {}
        self._place: dict[str, tuple[str, Segments]] = {}
        self._below: dict[tuple[str, Segments], set[str]] = {}

    def put(self, occupant: Occupant, export: str, segments: Segments) -> None:
        """Remember (or move) a volume."""
        with self._lock:
            self._put(occupant, export, segments)

    def drop(self, volume: str) -> None:
        """Forget a volume."""
        with self._lock:
            self._drop(volume)

    def clear(self) -> None:
        """Forget all volumes."""
        with self._lock:
            self._at.clear()
            self._place.clear()
            self._below.clear()

    def conflict(self, export: str, segments: Segments, volume: str, shared: bool = False) -> str | None:
        """Why `volume` must not get the directory, as a clause; None where no other volume is in its way. One that is
        `shared` may have the very same directory as others that are, and that stay.
        """
        with self._lock:
            return self._conflict(export, segments, volume, shared)

    def reserve(self, occupant: Occupant, export: str, segments: Segments) -> str | None:
        """Remember a volume that is about to be made, unless there is a `conflict`, which comes back.

        Of two that want one place at the same time, only one gets it. Where the volume never comes about, whoever
        reserved drops it again.
        """
        with self._lock:
            conflict = self._conflict(export, segments, occupant.volume, occupant.shared)
            if conflict is None:
                self._put(occupant, export, segments)
            return conflict

    def entangled(self, export: str, segments: Segments, volume: str) -> str | None:
        """Whose directory holds that of `volume` or lies inside it, as a clause; None for nobody's."""
        with self._lock:
            return self._entangled(export, segments, volume)

    def holds_others(self, export: str, segments: Segments, volume: str) -> bool:
        """Whether another volume's directory is the very same as that of `volume`, or lies inside it."""
        with self._lock:
            below = self._below.get((export, segments), set()) - {volume}
            return bool(below or self._others(export, segments, volume))

    def users(self, export: str, segments: Segments, volume: str) -> list[str]:
        """The other volumes whose directory is the very same, by name."""
        with self._lock:
            return sorted(self._others(export, segments, volume))

    def provisioned_for_others(self, export: str, segments: Segments, namespace: str) -> Occupant | None:
        """A volume that was provisioned for another namespace and whose directory is, or holds, the one asked for."""
        with self._lock:
            for place in (segments, *_ancestors(segments)):
                for occupant in self._at.get((export, place), {}).values():
                    if occupant.provisioned and occupant.namespace != namespace:
                        return occupant
            return None

    def _put(self, occupant: Occupant, export: str, segments: Segments) -> None:
        self._drop(occupant.volume)
        if not segments:
            return
        self._place[occupant.volume] = (export, segments)
        self._at.setdefault((export, segments), {})[occupant.volume] = occupant
        for above in _ancestors(segments):
            self._below.setdefault((export, above), set()).add(occupant.volume)

    def _drop(self, volume: str) -> None:
        place = self._place.pop(volume, None)
        if place is None:
            return
        export, segments = place
        self._discard(place, volume)
        for above in _ancestors(segments):
            names = self._below[(export, above)]
            names.discard(volume)
            if not names:
                del self._below[(export, above)]

    def _conflict(self, export: str, segments: Segments, volume: str, shared: bool) -> str | None:
        for occupant in sorted(self._at.get((export, segments), {}).values(), key=lambda each: each.volume):
            if occupant.volume != volume and not (shared and occupant.shared and not occupant.ending):
                return f"volume {occupant.volume} already uses it"
        return self._entangled(export, segments, volume)

    def _entangled(self, export: str, segments: Segments, volume: str) -> str | None:
        for above in _ancestors(segments):
            holders = self._others(export, above, volume)
            if holders:
                return f"it lies inside the directory of volume {min(holders)}"
        below = self._below.get((export, segments), set()) - {volume}
        return f"the directory of volume {min(below)} lies inside it" if below else None

    def _others(self, export: str, segments: Segments, volume: str) -> set[str]:
        """The volumes whose directory is exactly this one, without `volume` itself."""
        return self._at.get((export, segments), {}).keys() - {volume}

    def _discard(self, place: tuple[str, Segments], volume: str) -> None:
        here = self._at[place]
        del here[volume]
        if not here:
            del self._at[place]


def _ancestors(segments: Segments) -> Iterator[Segments]:
    """The directories above, without the root."""
    return (segments[:depth] for depth in range(len(segments) - 1, 0, -1))
