"""Waiting for what others do in their own time: processes, threads, servers."""

import time
from collections.abc import Callable


def eventually(condition: Callable[[], object], within: float = 60.0, pause: float = 0.02) -> None:
    """Return as soon as `condition` holds, asked every `pause` seconds; fail where it does not `within` seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not within {within:.0f} s"
        time.sleep(pause)
