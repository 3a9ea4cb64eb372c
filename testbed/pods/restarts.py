"""When a container that has ended is started again: at once the first time, later and later while it keeps ending."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class RestartDelay:
    """A kubelet's back-off, of which every step is `scale` times as long: 10 s, doubled up to 5 minutes, and
    forgotten once a container has run for 10 minutes.
    """

    scale: float
    clock: Callable[[], float] = time.monotonic
    _delay: float = field(default=0.0, init=False)
    _due: float = field(default=0.0, init=False)
    _started: float = field(default=0.0, init=False)

    def started(self) -> None:
        """The container has been started."""
        self._started = self.clock()

    def ended(self) -> None:
        """The container has ended."""
        now = self.clock()
        if now - self._started > 600 * self.scale:
            self._delay = 0.0
        self._due = now + self._delay
        self._delay = min(max(2 * self._delay, 10 * self.scale), 300 * self.scale)

    @property
    def over(self) -> bool:
        """Whether it is time to start it again."""
        return self.clock() >= self._due
