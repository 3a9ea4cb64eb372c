"""Naming a process so that a recycled pid is never taken for it.

A pid is reused once its process is gone. The time a process started, in the kernel's own count, is not: pid, start
time and boot together name one process for ever.
"""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process, now or in the past: its pid, start time in clock ticks since boot, and the boot's id."""

    pid: int
    started: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity | None":
        """The process that has this pid now; None where there is none (a zombie counts as none)."""
        try:
            state, *fields = stat_fields(pid)
        except OSError:
            return None
        return None if state == "Z" else cls(pid, int(fields[18]), _boot_id())

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return ProcessIdentity.of(self.pid) == self

    def signal(self, number: int) -> None:
        """Send a signal, if this very process still runs."""
        if self.alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def end(self, grace: float) -> None:
        """SIGTERM, and SIGKILL where it still runs after `grace` seconds; returns when it is gone."""
        self.signal(signal.SIGTERM)
        if not self._gone_within(grace):
            self.signal(signal.SIGKILL)
            self._gone_within(grace)

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True


def stat_fields(pid: int) -> list[str]:
    """The fields of proc(5)'s `/proc/PID/stat` from the third (state) on; raises OSError where there is no such pid."""
    # The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def children() -> dict[int, list[int]]:
    """The pids of every process on the machine, by the pid of their parent."""
    found: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                parent = int(stat_fields(int(entry.name))[1])
            except OSError:
                continue
            found.setdefault(parent, []).append(int(entry.name))
    return found


def descendants(pid: int) -> list[int]:
    """The pids of a process's children, of their children, and so on."""
    by_parent = children()
    found = list(by_parent.get(pid, ()))
    for child in found:  # which grows meanwhile
        found += by_parent.get(child, ())
    return found


def _boot_id() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
