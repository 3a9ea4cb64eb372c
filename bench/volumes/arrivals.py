"""What comes at a fixed rate, whether or not the last has been served: and how long each had to wait.

Waiting is counted from when something was due, not from when it was made, so that a stall shows in full.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

# Enough that the rate is kept while a few calls are slow.
_AT_ONCE: Final = 32


def arrive(make: Callable[[str], object], names: Iterable[str], rate: float) -> dict[str, float]:
    """Call `make` with one name after the other, `rate` of them a second; returns when each was due, in seconds since
    1970. Raises what any call raised.
    """
    due: dict[str, float] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        calls = []
        started = time.time()
        for number, name in enumerate(names):
            due[name] = started + number / rate
            time.sleep(max(0.0, due[name] - time.time()))
            calls.append(pool.submit(make, name))
        for call in calls:
            call.result()
    return due


@dataclass(frozen=True, slots=True)
class Waits:
    """How long each had to wait, in seconds, the shortest first."""

    seconds: tuple[float, ...]

    @classmethod
    def between(cls, due: Mapping[str, float], served: Mapping[str, float]) -> "Waits":
        """The waits of all that were due, each served at its own time."""
        return cls(tuple(sorted(served[name] - moment for name, moment in due.items())))

    def percentile(self, percent: float) -> float:
        """What so many percent did not have to exceed: the nearest rank."""
        return self.seconds[max(0, math.ceil(len(self.seconds) * percent / 100) - 1)]

    def spread(self) -> str:
        """The median and the longest, for the notes."""
        return f"{len(self.seconds):,} of them, p50 {self.percentile(50):.3f}, longest {self.seconds[-1]:.3f}"
