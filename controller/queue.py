"""A work queue of keys: each key once, never in two hands at the same time, later where it asks for later.

The rules are client-go's (`util/workqueue`): a key added while it is being worked on is worked on once more afterwards;
a key added while it waits does not wait twice, and the earliest time asked for wins. Beside that, keys for which nobody
waits come after all others.
"""

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from kube.backoff import Backoff

K = TypeVar("K", bound=Hashable)


class WorkQueue(Generic[K]):
    """Safe for use from many threads. Times are seconds of `clock`, which is monotonic."""

    def __init__(
        self,
        new_backoff: Callable[[], Backoff],
        clock: Callable[[], float] = time.monotonic,
        can_wait: Callable[[K], bool] = lambda _key: False,
    ) -> None:
        """`new_backoff` makes the delays of one key's failures in a row; a key that `can_wait` comes out while no other
        is ready.
        """
        self._new_backoff = new_backoff
        self._clock = clock
        self._can_wait = can_wait
        self._changed = threading.Condition()
        self._ready: deque[K] = deque()
        self._patient: deque[K] = deque()
        self._dirty: set[K] = set()
        self._working: set[K] = set()
        self._later: list[tuple[float, int, K]] = []
        self._due: dict[K, float] = {}
        self._backoffs: dict[K, Backoff] = {}
        self._order = 0
        self._closed = False

    def add(self, key: K) -> None:
        """Have `key` worked on as soon as a worker is free."""
        with self._changed:
            self._due.pop(key, None)
            self._make_ready(key)

    def add_after(self, key: K, delay: float) -> None:
        """Have `key` worked on in `delay` seconds, unless it is ready or due earlier anyway."""
        due = self._clock() + delay
        with self._changed:
            if key in self._dirty or self._due.get(key, due + 1) <= due:
                return
            self._due[key] = due
            self._order += 1
            heapq.heappush(self._later, (due, self._order, key))
            self._changed.notify()

    def retry(self, key: K) -> float:
        """Have `key` worked on after a delay that grows with each failure in a row; returns the delay."""
        with self._changed:
            backoff = self._backoffs.setdefault(key, self._new_backoff())
            delay = backoff.failed()
        self.add_after(key, delay)
        return delay

    def hurry(self) -> None:
        """Have all that is due later worked on now: what they waited for may have come."""
        with self._changed:
            for key in list(self._due):
                del self._due[key]
                self._make_ready(key)

    def forget(self, key: K) -> None:
        """Its last try did not fail: the next failure is the first again."""
        with self._changed:
            self._backoffs.pop(key, None)

    def close(self) -> None:
        """Give out no more keys: whoever waits for one gets None at once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def get(self, timeout: float) -> K | None:
        """The next key, now in the caller's hands until `done`; None where none became ready in `timeout` seconds."""
        give_up = self._clock() + timeout
        with self._changed:
            while True:
                self._wake_due()
                if (self._ready or self._patient) and not self._closed:
                    return self._take()
                now = self._clock()
                if self._closed or now >= give_up:
                    return None
                wake = min(give_up, self._later[0][0]) if self._later else give_up
                self._changed.wait(wake - now)

    def done(self, key: K) -> None:
        """The key is out of the caller's hands; it comes again at once if it was added meanwhile."""
        with self._changed:
            self._working.discard(key)
            if key in self._dirty:
                self._line_up(key)

    def clear(self) -> None:
        """Drop all that waits, and all failures; what is in somebody's hands stays there."""
        with self._changed:
            self._ready.clear()
            self._patient.clear()
            self._dirty.clear()
            self._later.clear()
            self._due.clear()
            self._backoffs.clear()

    def __len__(self) -> int:
        """How many keys are ready or in hand or waiting for their time."""
        with self._changed:
            return len(self._dirty | self._working | self._due.keys())

    def _make_ready(self, key: K) -> None:
        if key in self._dirty:
            return
        self._dirty.add(key)
        if key not in self._working:
            self._line_up(key)

    def _line_up(self, key: K) -> None:
        (self._patient if self._can_wait(key) else self._ready).append(key)
        self._changed.notify()

    def _wake_due(self) -> None:
        now = self._clock()
        while self._later and self._later[0][0] <= now:
            due, _, key = heapq.heappop(self._later)
            if self._due.get(key) == due:
                del self._due[key]
                self._make_ready(key)

    def _take(self) -> K:
        key = (self._ready or self._patient).popleft()
        self._dirty.discard(key)
        self._working.add(key)
        return key
