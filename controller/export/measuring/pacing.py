"""How fast a walk may go: a share of a processor, and file operations a second."""

from dataclasses import dataclass
from typing import Final

_SAVED: Final = 0.1
"""Seconds of rest that may be made up for: what was waited for elsewhere is no credit for later."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`share` is of one processor (1.0: all of it), `operations` are file operations a second."""

    share: float
    operations: float

    def split(self, count: int) -> "Limits":
        """What one of `count` may take that keep the limits together."""
        return Limits(self.share / count, self.operations / count)


class Pace:
    """Says how long to rest after what was done; pure arithmetic on times in seconds.

    Work is worth the longer of the time that its operations may take and the time that its processor time may. What
    has passed meanwhile, since it also waits for the export, counts as rest.
    """

    def __init__(self, now: float) -> None:
        self._even = now

    def rest(self, limits: Limits, now: float, operations: int, processor: float) -> float:
        """Seconds to rest after so many `operations` that took `processor` seconds, at the time `now`."""
        worth = max(operations / limits.operations, processor / limits.share)
        self._even = max(self._even, now - _SAVED) + worth
        return max(0.0, self._even - now)
