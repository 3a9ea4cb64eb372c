"""How long to wait before the next try."""

from dataclasses import dataclass, field
from random import Random


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential delays with jitter, in seconds: from `first`, doubling, to `longest`.

    Jitter keeps what failed together (a full export, with a hundred Pods waiting) from coming back together.
    """

    first: float = 0.2
    longest: float = 60.0
    chance: Random = field(default_factory=Random)

    def delay(self, failures: int) -> float:
        """The delay after `failures` tries that failed in a row (one or more): half of it fixed, half chance."""
        whole = min(self.longest, self.first * 2.0 ** min(failures - 1, 32))
        return whole / 2 + self.chance.uniform(0, whole / 2)
