"""Ending a container as a kubelet does: the preStop hook, SIGTERM, and SIGKILL when its grace is over.

https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
"""

import signal
import time
from collections.abc import Mapping
from typing import Any, Final

from policy.shapes import Json, mapping
from testbed.pods.process import ContainerProcess

_PAUSE: Final = 0.05


def end(container: Json, process: ContainerProcess, grace: float) -> None:
    """End it; returns when it has ended, after `grace` seconds and a moment at the latest."""
    deadline = time.monotonic() + grace
    _run_hook(mapping(container, "lifecycle", "preStop"), process, deadline)
    process.signal(signal.SIGTERM)
    if not _ended_by(process, deadline):
        process.kill()


def _run_hook(hook: Mapping[str, Any], process: ContainerProcess, deadline: float) -> None:
    remaining = max(0.0, deadline - time.monotonic())
    if "sleep" in hook:
        _ended_by(process, time.monotonic() + min(float(hook["sleep"]["seconds"]), remaining))
    elif "exec" in hook:
        process.execute([str(part) for part in hook["exec"]["command"]], remaining)


def _ended_by(process: ContainerProcess, deadline: float) -> bool:
    while process.status() is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True
