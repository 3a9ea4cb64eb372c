"""A thread of the controller that keeps one process walking."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from controller.export.measuring.process import ProcessEnded, WorkerProcess
from controller.export.measuring.turns import Turns
from runtime.logs import get_logger

_AT_ONCE: Final = 16
"""Volumes that one process has to do with, so that it need not wait for orders while there is something to do."""

_LOOK_UP: Final = 0.5
_IDLE: Final = 30.0
_AFTER_AN_END: Final = 5.0
_LOG: Final = get_logger(__name__)


class Walker:
    """Has a process as long as there is something to measure, and only while it may."""

    def __init__(self, number: int, command: Sequence[str], turns: Turns, may_go_on: Callable[[], bool]) -> None:
        """The walker of this `number`, from 0. `command` starts its process; `may_go_on` is asked twice a second."""
        self._number = number
        self._command = command
        self._turns = turns
        self._may_go_on = may_go_on
        self._process: WorkerProcess | None = None
        self._ordered: set[str] = set()
        self._heard: float | None = None
        self._thread = threading.Thread(target=self._serve, name="measuring", daemon=True)
        self._thread.start()

    def is_hanging(self, deadline: float) -> bool:
        """Whether its process has shown no sign of life for so many seconds, but the first."""
        heard = self._heard
        return bool(self._ordered) and heard is not None and time.monotonic() - heard > deadline

    def join(self, seconds: float) -> None:
        """Wait for its end, when there are no more turns."""
        self._thread.join(seconds)

    def _serve(self) -> None:
        while not self._turns.stopping:
            try:
                self._go_on()
            except (ProcessEnded, OSError) as error:
                _LOG.warning("a process that measures volumes is gone, another one goes on", why=str(error))
                self._end()
                self._turns.pause(_AFTER_AN_END)
        self._end()

    def _go_on(self) -> None:
        if not self._may_go_on():
            self._end()
            self._turns.pause(_LOOK_UP)
            return
        self._give_orders()
        if self._process is not None and self._ordered:
            self._hear(self._process)
            return
        if self._heard is not None and time.monotonic() - self._heard > _IDLE:
            self._end()
        self._turns.wait(_LOOK_UP)

    def _give_orders(self) -> None:
        while len(self._ordered) < _AT_ONCE and (order := self._turns.take(self._number)) is not None:
            if self._heard is not None and not self._ordered:
                self._heard = time.monotonic()
            self._ordered.add(order.volume_uid)
            self._process = self._process or WorkerProcess(self._command)
            self._process.order(order)

    def _hear(self, process: WorkerProcess) -> None:
        for report in process.hear(_LOOK_UP):
            self._heard = time.monotonic()
            if report is not None:
                self._ordered.discard(report.volume_uid)
                self._turns.finish(report.volume_uid, report.result)

    def _end(self) -> None:
        """End the process; what it had been ordered to do has its next turn when everything else has had one."""
        if self._process is not None:
            self._process.end()
            self._process = self._heard = None
        while self._ordered:
            self._turns.finish(self._ordered.pop(), None)
