"""The directories between a volume's own and the one where a walk is: open, but for those far above, deep down."""

from dataclasses import dataclass
from typing import Final

from controller.export.measuring.calls import MeasuringCalls
from policy.errors import StewardError

HELD: Final = 64
"""File descriptors that one walk holds at most, beside its first."""


class Lost(StewardError):
    """A directory that the walk was in has been moved: there is no safe way back up from it."""


@dataclass(slots=True)
class _Step:
    """A directory on the way; `identity` is its inode and device, known when it was closed."""

    opened: int | None
    identity: tuple[int, int] = (0, 0)


class Descent:
    """A way down through open directories, which it closes."""

    def __init__(self, calls: MeasuringCalls, held: int = HELD) -> None:
        self._calls = calls
        self._held = held
        self._steps: list[_Step] = []

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def here(self) -> int:
        """The directory where the way down has led."""
        opened = self._steps[-1].opened
        if opened is None:
            raise Lost("the way back up was not gone")
        return opened

    def enter(self, opened: int) -> None:
        """Go on into an open directory."""
        self._steps.append(_Step(opened))
        far = len(self._steps) - 1 - self._held
        if far > 0:
            self._forget(self._steps[far])

    def leave(self) -> None:
        """Go back up; raises `Lost` where that leads elsewhere by now, and `OSError`."""
        left = self._steps.pop()
        try:
            if self._steps and self._steps[-1].opened is None and left.opened is not None:
                self._reopen(self._steps[-1], left.opened)
        finally:
            self._close(left)

    def close(self) -> None:
        """Close all that is open."""
        while self._steps:
            self._close(self._steps.pop())

    def _reopen(self, step: _Step, below: int) -> None:
        opened = self._calls.open_parent(below)
        step.opened = opened  # to be closed in any case
        if self._identity(opened) != step.identity:
            raise Lost("directories are moved while they are measured")

    def _forget(self, step: _Step) -> None:
        if step.opened is not None:
            step.identity = self._identity(step.opened)
            self._close(step)

    def _identity(self, opened: int) -> tuple[int, int]:
        status = self._calls.status(opened)
        return status.st_ino, status.st_dev

    def _close(self, step: _Step) -> None:
        if step.opened is not None:
            self._calls.close(step.opened)
            step.opened = None
