"""All duties of a process, told together of what happens."""

from collections.abc import Iterator

from controller.duties.duty import Duty
from controller.work import Work


class Duties:
    """A listener that passes on what it hears. Duties are added before anything happens."""

    def __init__(self) -> None:
        self._duties: list[Duty] = []

    def __iter__(self) -> Iterator[Duty]:
        return iter(self._duties)

    def add(self, duty: Duty) -> None:
        """Have a duty told."""
        self._duties.append(duty)

    def changed(self, work: Work) -> None:
        """An object has changed."""
        for duty in self._duties:
            duty.changed(work)

    def classes_changed(self) -> None:
        """A StorageClass has changed."""
        for duty in self._duties:
            duty.classes_changed()

    def look_at_everything(self) -> None:
        """The policy has changed."""
        for duty in self._duties:
            duty.look_at_everything()
