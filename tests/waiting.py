"""Waiting for what others do in their own time: processes, threads, servers."""

import time
from collections.abc import Callable
from typing import Final

WITHIN: Final = 120.0
"""Seconds that a condition has to come true: far more than anything takes, on machines with other work, too."""


def eventually(condition: Callable[[], object], within: float = WITHIN, pause: float = 0.02) -> None:
    """Return as soon as `condition` holds, asked every `pause` seconds; fail where it does not `within` seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not within {within:.0f} s"
        time.sleep(pause)
