"""A process that walks through volumes for a controller, as its standard input says: `python -m` this module.

It is a process of its own so that it has a processor's core of its own, and so that an export that hangs holds up
nothing else. It ends as soon as its standard input does, and so with the controller, however that ends. What it
imports it holds in memory beside the controller: nothing of the policy's schema, nothing of the API.
"""

import os
import select
import signal
import sys
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

from controller.export.measuring.calls import MeasuringCalls
from controller.export.measuring.orders import ALIVE, Lines, Order, Report, read_order, write_report
from controller.export.measuring.pacing import Limits, Pace
from controller.export.measuring.volume import Place, Result, measure
from controller.export.operations import SystemCalls
from controller.export.outcomes import Disturbed
from runtime import logs

if TYPE_CHECKING:
    from collections.abc import Generator

_TURN: Final = 128
"""File operations after which others have their turn: a volume of millions of files must not hold up the small ones."""

_AT_ONCE: Final = 8
"""Volumes that are walked through in turns; each holds some file descriptors."""

_SHORTEST_REST: Final = 0.005
"""Seconds: poll(2) counts in whole milliseconds. What is owed is not forgotten."""

_SIGN_OF_LIFE: Final = 1.0
_READ_AT_ONCE: Final = 64 * 1024
_LOG: Final = logs.get_logger(__name__)


class _Ended(Exception):
    """Nobody wants to know any more."""


class Worker:
    """Walks through several volumes, in turns, and rests as its limits say."""

    def __init__(self, place: Place, orders: int, reports: int) -> None:
        """`orders` and `reports` are open files, such as standard input and output."""
        self._place = place
        self._orders = orders
        self._reports = reports
        self._lines = Lines()
        self._waiting: deque[Order] = deque()
        self._walks: deque[tuple[str, Generator[int, None, Result]]] = deque()
        self._limits = Limits(1.0, 1.0)
        self._pace = Pace(time.monotonic())
        self._processor = time.process_time()
        self._told = time.monotonic()
        self._poll = select.poll()
        self._poll.register(orders, select.POLLIN)

    def serve(self) -> None:
        """Do what is ordered until there can be no more orders."""
        try:
            self._tell(ALIVE)
            while True:
                self._listen(0.0 if self._walks or self._waiting else None)
                self._begin()
                if self._walks:
                    self._rest(self._turn())
        except (_Ended, BrokenPipeError):
            for _, steps in self._walks:
                steps.close()

    def _listen(self, seconds: float | None) -> None:
        """Wait that long for orders, None: until there are any."""
        if not self._poll.poll(None if seconds is None else seconds * 1000):
            return
        content = os.read(self._orders, _READ_AT_ONCE)
        if not content:
            raise _Ended
        for line in self._lines.add(content):
            order = read_order(line)
            self._limits = order.limits
            self._waiting.append(order)

    def _begin(self) -> None:
        while self._waiting and len(self._walks) < _AT_ONCE:
            order = self._waiting.popleft()
            steps = measure(self._place, order.volume_uid, order.segments, order.full_every)
            self._walks.append((order.volume_uid, steps))

    def _turn(self) -> int:
        """Go on with one volume, or with several where they come to their ends; how many file operations that took."""
        done = 0
        while done < _TURN and self._walks:
            done += self._go_on(_TURN - done)
            self._begin()
        return done

    def _go_on(self, operations: int) -> int:
        """Go on with the volume whose turn it is, for at least so many file operations; how many it took."""
        volume_uid, steps = self._walks.popleft()
        done = 0
        try:
            while done < operations:
                done += next(steps)
        except StopIteration as end:
            self._report(Report(volume_uid, end.value))
        except Exception:
            _LOG.exception("a volume could not be measured", volume_uid=volume_uid)
            self._report(Report(volume_uid, Disturbed("an unexpected error, see the log")))
        else:
            self._walks.append((volume_uid, steps))
        return done

    def _rest(self, operations: int) -> None:
        now, processor = time.monotonic(), time.process_time()
        until = now + self._pace.rest(self._limits, now, operations, processor - self._processor)
        self._processor = processor
        while True:
            if now - self._told > _SIGN_OF_LIFE:
                self._tell(ALIVE)
            if until - now < _SHORTEST_REST:
                return
            self._listen(min(until - now, _SIGN_OF_LIFE))
            now = time.monotonic()

    def _report(self, report: Report) -> None:
        self._tell(write_report(report))

    def _tell(self, line: bytes) -> None:
        self._told = time.monotonic()
        while line:
            line = line[os.write(self._reports, line) :]


def main(arguments: list[str]) -> None:
    """Serve on the export that is mounted at the first argument; the second says how to log, `json` or `text`."""
    root, form = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from a terminal it comes to the controller, too, which then ends us
    logs.configure(json=form == "json")
    Worker(Place(Path(root), SystemCalls(), MeasuringCalls()), sys.stdin.fileno(), sys.stdout.fileno()).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
