"""The board on which every worker writes how it is, for whichever of them is asked.

A probe reaches one worker, and must hear of all: a worker that is not ready must not hide behind one that is. Each
writes a small file of its own, over and over. A worker that hangs writes no more; what a dead one wrote is removed by
the parent, and it counts as missing until its successor writes.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import orjson

from runtime.health import Report

STALE_SECONDS: Final = 10.0
"""From when on a worker that writes no more counts as hanging; it writes about every second."""

_SUFFIX: Final = ".worker"
_MEMORY: Final = "/dev/shm"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one worker wrote; `at` is seconds of the machine's monotonic clock, which all processes share."""

    pid: int
    at: float
    healthy: bool
    text: str


@dataclass(frozen=True, slots=True)
class Board:
    """The board of a server that should have `workers` workers."""

    directory: Path
    workers: int

    def write(self, report: Report) -> None:
        """Write down how this worker is now."""
        entry = Entry(os.getpid(), time.monotonic(), report.healthy, report.text)
        draft = self.directory / f"{entry.pid}.draft"
        draft.write_bytes(orjson.dumps(asdict(entry)))
        draft.replace(self._place(entry.pid))

    def remove(self, pid: int) -> None:
        """Forget a worker that has ended. For the parent."""
        self._place(pid).unlink(missing_ok=True)

    def report(self) -> Report:
        """How all workers are together."""
        return summary(self._entries(), self.workers, time.monotonic())

    def _entries(self) -> list[Entry]:
        contents = (_content(place) for place in sorted(self.directory.glob(f"*{_SUFFIX}")))
        return [Entry(**orjson.loads(content)) for content in contents if content]

    def _place(self, pid: int) -> Path:
        return self.directory / f"{pid}{_SUFFIX}"


def summary(entries: list[Entry], workers: int, now: float) -> Report:
    """Healthy if there are as many entries as `workers`, and each is fresh and healthy."""
    hanging = [entry for entry in entries if now - entry.at > STALE_SECONDS]
    healthy = len(entries) >= workers and not hanging and all(entry.healthy for entry in entries)
    lines = [f"{len(entries)} of {workers} workers have reported"]
    lines += [f"worker {entry.pid} hangs: its last word is {now - entry.at:.0f} s old" for entry in hanging]
    lines += [f"worker {entry.pid}:\n{entry.text}" for entry in entries]
    return Report(healthy, "\n".join(lines))


@contextmanager
def shared_board(workers: int) -> Iterator[Board]:
    """A board for this process and those that it forks, in memory where there is `/dev/shm`; wiped by this process."""
    directory, owner = tempfile.mkdtemp(prefix="nfs-steward-workers-", dir=memory_directory()), os.getpid()
    try:
        yield Board(Path(directory), workers)
    finally:
        if os.getpid() == owner:
            shutil.rmtree(directory, ignore_errors=True)


def memory_directory() -> str | None:
    """A directory that lies in memory, or None where there is none to write to."""
    return _MEMORY if os.access(_MEMORY, os.W_OK) else None


def _content(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except FileNotFoundError:
        return b""
