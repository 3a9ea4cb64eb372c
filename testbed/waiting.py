"""Waiting for something to become true, within a time-out, and no longer than the process concerned lives."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from testbed.errors import StartFailed
from testbed.supervision.client import SupervisedProcess

STARTS_WITHIN: Final = 180.0
"""Seconds that anything may take to start, and a command to end: far more than it takes on a machine with nothing else
to do. What can never start mostly ends, and where its process is known that is seen at once.
"""

T = TypeVar("T")

_PAUSE = 0.05


def wait_for(what: str, probe: Callable[[], T | None], timeout: float, process: SupervisedProcess | None = None) -> T:
    """Call `probe` until it returns something true, which is returned.

    Raises `StartFailed`, naming `what`, after `timeout` seconds, or as soon as `process` has ended.
    """
    deadline = time.monotonic() + timeout
    while True:
        found = probe()
        if found:
            return found
        if process is not None:
            process.check_running()
        if time.monotonic() > deadline:
            name = process.program.name if process else what
            raise StartFailed(name, f"{what}: not within {timeout:.0f} s", process.log if process else None)
        time.sleep(_PAUSE)
