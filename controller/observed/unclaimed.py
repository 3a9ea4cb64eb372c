"""Which classes have volumes that no claim has got yet."""

from controller.observed.records import VolumeRecord


class UnclaimedVolumes:
    """An index of volumes by class. One thread writes at a time, any number read."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}
        self._class_of: dict[str, str] = {}

    def put(self, volume: VolumeRecord) -> None:
        """Remember a volume as it is now."""
        self.drop(volume.name)
        if volume.unclaimed:
            self._class_of[volume.name] = volume.storage_class
            self._names.setdefault(volume.storage_class, set()).add(volume.name)

    def drop(self, name: str) -> None:
        """Forget a volume."""
        storage_class = self._class_of.pop(name, None)
        if storage_class is not None:
            self._names[storage_class].discard(name)

    def any_of(self, storage_class: str) -> bool:
        """Whether there is one that the binder could give to a claim of the class."""
        return bool(self._names.get(storage_class))
