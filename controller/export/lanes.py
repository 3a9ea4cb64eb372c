"""Calls with a deadline: each runs in a thread of its own kind, and whoever waits for it goes on when it is late.

A system call on a hard NFS mount whose server is gone returns when the server does, and nothing can interrupt it. Only
the thread that made it can be held up. Late threads are counted, never replaced: while all are late, further calls
fail at once.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from policy.errors import StewardError

T = TypeVar("T")


class Late(StewardError):
    """A call did not return before its deadline, or no thread is left to make it."""


class Lanes:
    """`count` threads for calls that may hang; no more than `count` callers should share them."""

    def __init__(self, name: str, count: int, deadline: float) -> None:
        """`deadline` is in seconds, for each call."""
        self._deadline = deadline
        self._free = count
        self._calls: SimpleQueue[_Call[Any]] = SimpleQueue()
        self._lock = threading.Lock()
        self._late = 0
        for number in range(count):
            # Daemons: an interpreter that ends does not wait for a call that may never return.
            threading.Thread(target=self._serve, name=f"{name}-{number}", daemon=True).start()

    @property
    def late(self) -> int:
        """How many calls are past their deadline and have not returned."""
        return self._late

    def run(self, job: Callable[[], T]) -> T:
        """The job's result or its exception; raises `Late` at the deadline. A late job still ends when it can."""
        with self._lock:
            if not self._free:
                raise Late("no operation has returned for a while")
            self._free -= 1
        call = _Call(job)
        self._calls.put(call)
        if not call.wait(self._deadline) and self._give_up(call):
            raise Late(f"an operation has not returned within {self._deadline:g} s")
        return call.result()

    def _give_up(self, call: "_Call[T]") -> bool:
        with self._lock:
            call.abandoned = not call.finished
            self._late += call.abandoned
            return call.abandoned

    def _serve(self) -> None:
        while True:
            call = self._calls.get()
            call.make()
            with self._lock:
                call.finish()
                self._late -= call.abandoned
                self._free += 1


class _Call(Generic[T]):
    """One job on its way through a lane, for which one thread waits. That takes a lock that is released when the job
    is over, and no more: an event costs several times as much.
    """

    def __init__(self, job: Callable[[], T]) -> None:
        self._job = job
        self._value: T | None = None
        self._error: Exception | None = None
        self._underway = threading.Lock()
        self._underway.acquire()
        self.finished = False
        self.abandoned = False

    def wait(self, seconds: float) -> bool:
        """Whether it is over, at the latest in so many seconds."""
        return self._underway.acquire(timeout=seconds)

    def finish(self) -> None:
        self.finished = True
        self._underway.release()

    def make(self) -> None:
        try:
            self._value = self._job()
        except Exception as error:
            self._error = error

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value] # set whenever no error is
