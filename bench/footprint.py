"""Memory and processor time of a process, and the time it takes from its start until it is ready."""

import os
import ssl
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Final

from bench.errors import BenchError
from testbed.supervision.client import SupervisedProcess
from testbed.supervision.identity import children

_MIB: Final = 1024  # kB, in which /proc counts
_POLL: Final = 0.01
_READY_WITHIN: Final = 60.0
_SETTLED_FOR: Final = 4  # readings in a row that differ by less than 1 %
_SETTLE_EVERY: Final = 1.0
_SETTLED_WITHIN: Final = 120.0


def proportional_set_size(pid: int) -> float:
    """Memory of a process in MiB, what it shares with others counted by its part (`Pss` in proc(5)'s smaps_rollup)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "Pss":
            return int(value.split()[0]) / _MIB
    raise BenchError(f"process {pid}: no Pss in /proc/{pid}/smaps_rollup")


def processor_seconds(pid: int) -> float:
    """Processor time that a process has taken so far (`utime` and `stime` in proc(5)'s stat)."""
    # The second field, the program's name in parentheses, may hold spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def largest_worker(server: SupervisedProcess) -> float:
    """The memory in MiB of the largest of a server's child processes."""
    workers = children().get(server.pid, [])
    if not workers:
        raise BenchError(f"{server.program.name} has no worker processes")
    return max(proportional_set_size(pid) for pid in workers)


def memory_with_children(server: SupervisedProcess) -> float:
    """The memory in MiB of a server and its child processes together."""
    return sum(proportional_set_size(pid) for pid in (server.pid, *children().get(server.pid, [])))


def settled(measure: Callable[[], float]) -> float:
    """Measure until the value stays the same for some seconds; returns the last one."""
    deadline = time.monotonic() + _SETTLED_WITHIN
    seen: list[float] = []
    while time.monotonic() < deadline:
        seen = [*seen, measure()][-_SETTLED_FOR:]
        if len(seen) == _SETTLED_FOR and max(seen) <= 1.01 * min(seen):
            return seen[-1]
        time.sleep(_SETTLE_EVERY)
    raise BenchError(f"memory does not settle within {_SETTLED_WITHIN:.0f} s; the last readings: {seen}")


def seconds_until_ready(port: int, process: SupervisedProcess, started: float, authority: Path | None = None) -> float:
    """Seconds from `started` (`time.monotonic()`) until `/readyz` says 200; over TLS where `authority` vouches."""
    while time.monotonic() < started + _READY_WITHIN:
        if _ready(port, authority):
            return time.monotonic() - started
        process.check_running()
        time.sleep(_POLL)
    raise BenchError(f"{process.program.name} was not ready within {_READY_WITHIN:.0f} s; its log: {process.log}")


def _ready(port: int, authority: Path | None) -> bool:
    if authority is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
    else:
        context = ssl.create_default_context(cafile=str(authority))
        connection = HTTPSConnection("127.0.0.1", port, timeout=2, context=context)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
