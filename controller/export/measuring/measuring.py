"""Measuring the volumes of one export: whoever asks for a volume hears what is known, and it is measured now and then.

It is done by processes: the interpreter runs one thread at a time, and an export that hangs may hold up no more than
them.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from controller.export.measuring.keeping import forget_stale
from controller.export.measuring.turns import FromQuota, Turns
from controller.export.measuring.walker import Walker
from controller.export.outcomes import Outcome, Underway
from controller.export.requests import Measure
from controller.export.visit import Visit

_STOP_SECONDS: Final = 3.0


def worker_command(root: Path, *, log_json: bool = False) -> tuple[str, ...]:
    """How a process is started that walks on the export that is mounted at `root`."""
    module = "controller.export.measuring.worker"
    return (sys.executable, "-P", "-m", module, str(root), "json" if log_json else "text")


class Measuring:
    """Nothing is begun before somebody asks for a volume. Safe for use from many threads."""

    def __init__(self, command: Sequence[str], turns: Turns) -> None:
        """`command` starts a process that walks, as `worker_command` says."""
        self._command = command
        self._turns = turns
        self._may_go_on: Callable[[], bool] = lambda: True
        self._lock = threading.Lock()
        self._walkers: list[Walker] = []

    def on_news(self, listener: Callable[[str], None]) -> None:
        """Have `listener` called with the name of a volume whenever there is something new to be heard of it."""
        self._turns.listeners.append(listener)

    def ask_first(self, from_quota: FromQuota) -> None:
        """Walk through no volume of which `from_quota` knows what it holds."""
        self._turns.from_quota = from_quota

    def work_while(self, may_go_on: Callable[[], bool]) -> None:
        """Walk only while `may_go_on` says so: a Lease may be lost."""
        self._may_go_on = may_go_on

    def ask(self, request: Measure) -> Outcome:
        """See `requests.Measure`; `Underway` where nothing is known yet."""
        result = self._turns.ask(request)
        with self._lock:
            while len(self._walkers) < self._turns.processes and not self._turns.stopping:
                self._walkers.append(Walker(len(self._walkers), self._command, self._turns, self._may_walk))
        return Underway(0) if result is None else result

    def keep_house(self, visit: Visit, now: datetime) -> None:
        """Forget the volumes that nobody has asked for in a long time; raises as `forget_stale`."""
        forget_stale(visit, now, self._turns.full_every)

    def hanging(self, deadline: float) -> int:
        """How many processes the export has held up for longer than `deadline` seconds."""
        return sum(walker.is_hanging(deadline) for walker in self._walkers)

    def stop(self) -> None:
        """End all processes."""
        self._turns.stop()
        for walker in self._walkers:
            walker.join(_STOP_SECONDS)

    def _may_walk(self) -> bool:
        return self._may_go_on()
