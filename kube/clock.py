"""Time as a thing to be handed in, so that tests need not wait."""

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the time is, and a wait that can be cut short."""

    def monotonic(self) -> float:
        """Seconds from some moment on; never set back, never jumping."""

    def now(self) -> datetime:
        """The date and time, in UTC, for people to read."""

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until the event is set, at most so long; whether it is set."""


class SystemClock:
    """The machine's."""

    def monotonic(self) -> float:
        """See Clock."""
        return time.monotonic()

    def now(self) -> datetime:
        """See Clock."""
        return datetime.now(UTC)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """See Clock."""
        return event.wait(seconds)
