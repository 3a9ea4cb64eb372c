"""Looking at containers from the machine that they run on."""

import os
import signal
from pathlib import Path

from testbed.supervision.client import SupervisedProcess

# A process in a container is counted three times: on the machine, among the image's tools, in the container.
_NAMESPACES = 3


def processes_in(container: SupervisedProcess) -> list[int]:
    """The pids, as the machine counts, of what runs in a container, its first process first."""
    found = {pid: status_of(pid)["NSpid"].split() for pid in _below(container.pid)}
    inside = {pid: numbers for pid, numbers in found.items() if len(numbers) == _NAMESPACES}
    return sorted(inside, key=lambda pid: int(inside[pid][-1]))


def status_of(pid: int) -> dict[str, str]:
    """What proc(5) tells in /proc/PID/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: text.strip() for name, _, text in (line.partition(":") for line in lines)}


def options_of_root(pid: int) -> list[str]:
    """The options with which a process's `/` is mounted."""
    lines = (line.split() for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines())
    return next(options.split(",") for _, _, _, _, point, options, *_ in lines if point == "/")


def end(container: SupervisedProcess) -> int | None:
    """Send SIGTERM to a container's first process, as a kubelet does; returns the container's exit status."""
    os.kill(processes_in(container)[0], signal.SIGTERM)
    return container.wait(30.0)


def _below(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").glob("*/children")  # each knows its own
    children = [int(child) for children in threads for child in children.read_text().split()]
    return children + [found for child in children for found in _below(child)]
