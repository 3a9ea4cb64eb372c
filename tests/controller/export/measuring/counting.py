"""Measuring in the test's own process and time, and what it is compared with."""

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from controller.export.measuring.calls import MeasuringCalls
from controller.export.measuring.volume import Place, Result, measure
from controller.export.operations import ExportOperations, SystemCalls
from controller.export.outcomes import Measured
from policy.exports import Segments
from tests.controller.export.asking import PLACE, UID

SECOND = 1_000_000_000
DAY = 86_400 * SECOND


@dataclass
class Clock:
    """The measuring program's own: a day ahead, so that what a test has just made is as if it had rested."""

    ahead: int = DAY

    def __call__(self) -> int:
        return time.time_ns() + self.ahead


@dataclass
class Listings(MeasuringCalls):
    """Real calls that count the directories that were listed."""

    count: int = 0

    def entries(self, folder: int) -> AbstractContextManager[Iterator["os.DirEntry[str]"]]:
        self.count += 1
        return super().entries(folder)


@dataclass
class Measurer:
    """Measures a volume of the export at `root`, as a process does."""

    root: Path
    calls: MeasuringCalls = field(default_factory=Listings)
    operations: ExportOperations = field(default_factory=SystemCalls)
    clock: Callable[[], int] = field(default_factory=Clock)
    full_every: int = 365 * DAY

    def steps(self, segments: Segments = PLACE, uid: str = UID) -> Iterator[int]:
        place = Place(self.root, self.operations, self.calls, self.clock)
        self.result = yield from measure(place, uid, segments, self.full_every)

    def __call__(self, segments: Segments = PLACE, uid: str = UID) -> Result:
        for _ in self.steps(segments, uid):
            pass
        return self.result

    def figures(self) -> tuple[int, int]:
        """Bytes and files, of a volume that can be measured."""
        result = self()
        assert isinstance(result, Measured), result
        return result.bytes, result.files

    def listed(self) -> int:
        """How many directories are listed to measure once more."""
        assert isinstance(self.calls, Listings)
        before = self.calls.count
        self.figures()
        return self.calls.count - before


def counted(top: Path) -> tuple[int, int]:
    """Bytes and files in a tree, the plain way."""
    blocks = files = 0
    seen: set[int] = set()
    todo = [os.fsencode(top)]
    while todo:
        here = todo.pop()
        status = os.lstat(here)
        if stat.S_ISDIR(status.st_mode):
            todo += [os.path.join(here, name) for name in os.listdir(here)]  # noqa: PTH118, PTH208 # Path knows no bytes
        elif status.st_ino in seen:
            continue
        else:
            seen.add(status.st_ino)
            files += 1
        blocks += status.st_blocks
    return blocks * 512, files
