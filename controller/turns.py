"""How fast many things may be done, one after another."""

import threading
from collections.abc import Callable, Hashable
from typing import Final

_KEPT: Final = 2.0
"""Seconds for which a turn that has come waits to be taken: however late many are, no more than that is caught up."""


class Turns:
    """Gives out `per_second` turns a second. Whoever asks too early is told how long to wait, and keeps its
    place. One that has had its turn gets the next one `rest` seconds later at the earliest, unless it gives up in
    between.

    Safe for use from many threads. `clock` is monotonic, in seconds.
    """

    def __init__(self, per_second: float, clock: Callable[[], float], rest: float = 0.0) -> None:
        self._apart = 1.0 / per_second
        self._rest = rest
        self._clock = clock
        self._lock = threading.Lock()
        self._free = clock()
        self._given: dict[Hashable, float] = {}
        self._rested: dict[Hashable, float] = {}

    def wait(self, key: Hashable) -> float:
        """How many seconds it is until the key's turn; none: it is its turn, which is over with that."""
        with self._lock:
            now = self._clock()
            turn = self._given.get(key)
            if turn is None or now - turn > _KEPT:
                turn = self._given[key] = max(now, self._free, self._rested.get(key, now))
                self._free = max(now, self._free) + self._apart
            if turn > now:
                return turn - now
            del self._given[key]
            if self._rest:
                self._rested[key] = now + self._rest
            return 0.0

    def give_up(self, key: Hashable) -> None:
        """The key needs no turn any more."""
        with self._lock:
            self._given.pop(key, None)
            self._rested.pop(key, None)
