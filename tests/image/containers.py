"""Looking at containers from the machine that they run on."""

import os
import signal
from pathlib import Path

from testbed.supervision.client import SupervisedProcess


def processes_in(container: SupervisedProcess) -> list[int]:
    """The pids, as the machine counts, of what runs in a container: those below whom `/` is another folder."""
    return [pid for pid in _below(container.pid) if os.readlink(f"/proc/{pid}/root") != "/"]


def status_of(pid: int) -> dict[str, str]:
    """What proc(5) tells in /proc/PID/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: text.strip() for name, _, text in (line.partition(":") for line in lines)}


def end(container: SupervisedProcess) -> int | None:
    """Send SIGTERM to a container's first process, as a kubelet does; returns the container's exit status."""
    os.kill(min(processes_in(container)), signal.SIGTERM)
    return container.wait(30.0)


def _below(pid: int) -> list[int]:
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [found for child in children for found in _below(child)]
