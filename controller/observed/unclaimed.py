"""Volumes that the binder may give, or is about to give, to claims for which nobody has made one yet."""

from typing import TypeAlias

from controller.decisions.newvolume import volume_name
from controller.observed.records import VolumeRecord

_Key: TypeAlias = tuple[str, str]
"""A class and nothing, or nothing and the uid of a claim."""


class UnclaimedVolumes:
    """An index of volumes by class, and of those that were given away by claim. One thread writes at a time, any number
    read.
    """

    def __init__(self) -> None:
        self._names: dict[_Key, set[str]] = {}
        self._keys: dict[str, _Key] = {}

    def put(self, volume: VolumeRecord) -> None:
        """Remember a volume as it is now."""
        self.drop(volume.name)
        key = _key(volume)
        if key is not None:
            self._keys[volume.name] = key
            self._names.setdefault(key, set()).add(volume.name)

    def drop(self, name: str) -> None:
        """Forget a volume."""
        key = self._keys.pop(name, None)
        if key is not None:
            self._names[key].discard(name)
            if not self._names[key]:
                del self._names[key]

    def any_for(self, claim_uid: str, storage_class: str) -> bool:
        """Whether there is one that the binder could give to a claim of the class, or that it is giving to this one: it
        writes that on the volume first.
        """
        return (storage_class, "") in self._names or ("", claim_uid) in self._names


def _key(volume: VolumeRecord) -> _Key | None:
    """None where it is of no use to know: it is over, or was made for the claim that has it."""
    if volume.unclaimed:
        return (volume.storage_class, "")
    claim = volume.claim
    if claim is None or volume.over or volume.name == volume_name(claim.uid):
        return None
    return ("", claim.uid)
