"""A process that walks for the controller, as seen from the controller."""

import os
import select
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from controller.export.measuring.orders import Lines, Order, Report, read_report, write_order
from policy.errors import StewardError

_READ_AT_ONCE: Final = 64 * 1024
_END_SECONDS: Final = 2.0


class ProcessEnded(StewardError):
    """The process is no more; what it was ordered to do is not done."""


class WorkerProcess:
    """One such process. It ends with its standard input, so it cannot outlive the controller.

    It is started as a program of its own: a process with threads that forks shares locks that nobody will release.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert self._process.stdin is not None  # it was asked for, as was the other
        assert self._process.stdout is not None
        self._orders, self._reports = self._process.stdin, self._process.stdout
        self._lines = Lines()
        self._poll = select.poll()
        self._poll.register(self._reports, select.POLLIN)

    def order(self, order: Order) -> None:
        """Have a volume measured; raises `ProcessEnded`."""
        try:
            self._orders.write(write_order(order))
        except BrokenPipeError as error:
            raise ProcessEnded(f"it ended with status {self._process.poll()}") from error

    def hear(self, seconds: float) -> list[Report | None]:
        """What it reports, waiting so long for it; None is a mere sign of life. Raises `ProcessEnded`."""
        if not self._poll.poll(seconds * 1000):
            return []
        content = os.read(self._reports.fileno(), _READ_AT_ONCE)
        if not content:
            raise ProcessEnded(f"it ended with status {self._process.poll()}")
        return [read_report(line) for line in self._lines.add(content)]

    def end(self) -> None:
        """Have it end now, wherever it is: it can be gone on from there. One that the export holds up ends later."""
        self._process.kill()
        with suppress(BrokenPipeError):
            self._orders.close()
        self._reports.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
