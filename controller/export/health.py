"""What is known of an export's condition, from probes and from the operations that work needs."""

import threading
from collections.abc import Callable

from controller.export.outcomes import ExportState, Made, Outcome, Unavailable

_UNSEEN_BY_PROBES = {ExportState.FULL, ExportState.READ_ONLY}
"""A probe writes nothing, so a quota or a server that refuses writes may escape it."""


class ExportHealth:
    """The latest condition; safe for use from many threads.

    A probe that finds nothing wrong does not at once unsay what an operation met: that stands for `hold` seconds,
    or until an operation succeeds.
    """

    def __init__(self, clock: Callable[[], float], hold: float = 60.0) -> None:
        """`clock` is monotonic, in seconds. `file_system` is the kind of the one that we are at ourselves, if any."""
        self._clock = clock
        self._hold = hold
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._trouble: Unavailable | None = None
        self._stands_until = 0.0
        self.free_bytes: int | None = None
        self.file_system = ""

    def on_recovery(self, listener: Callable[[], None]) -> None:
        """Have `listener` called whenever the condition turns to `ok`."""
        self._listeners.append(listener)

    @property
    def trouble(self) -> Unavailable | None:
        """What is wrong with the export; None: nothing is known to be."""
        return self._trouble

    @property
    def state(self) -> ExportState:
        """The condition in one word."""
        trouble = self._trouble
        return trouble.state if trouble else ExportState.OK

    def met(self, outcome: Outcome) -> None:
        """An operation that work needed came to `outcome`."""
        if isinstance(outcome, Made) and outcome.before is None:
            self._turn(None)  # what was only changed needs no space
        elif isinstance(outcome, Unavailable) and outcome.state is not ExportState.DENIED:
            # Denied on the way is about one directory: a tenant's 0700 must not speak for the whole export.
            self._turn(outcome, stands_until=self._clock() + self._hold)

    def probed(self, trouble: Unavailable | None, free_bytes: int | None = None) -> None:
        """A probe found `trouble`, or none, and this much free space, None where it cannot say."""
        self.free_bytes = free_bytes
        held = self.state in _UNSEEN_BY_PROBES and self._clock() < self._stands_until
        if trouble is not None or not held:
            self._turn(trouble)

    def _turn(self, trouble: Unavailable | None, stands_until: float = 0.0) -> None:
        with self._lock:
            recovered = self._trouble is not None and trouble is None
            self._trouble = trouble
            self._stands_until = stands_until
        for listener in self._listeners if recovered else ():
            listener()
