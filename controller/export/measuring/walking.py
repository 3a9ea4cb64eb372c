"""Walking through a volume beside the record of the last walk."""

from __future__ import annotations

import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.export.measuring.ageing import is_due
from controller.export.measuring.descent import Descent
from controller.export.measuring.entries import Folder
from controller.export.measuring.looking import DENIED, GONE, Contents, look

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from controller.export.measuring.calls import MeasuringCalls
    from controller.export.measuring.findings import Findings
    from controller.export.measuring.record import Cursor


@dataclass(frozen=True, slots=True)
class Again:
    """When to look at what has not changed: `full_every` in nanoseconds, 0: now. `clock` is the time since 1970."""

    full_every: int
    clock: Callable[[], int] = time.time_ns


class Walk:
    """One walk, step by step: so several can take turns, and each can be slowed down."""

    def __init__(self, calls: MeasuringCalls, before: Cursor, findings: Findings, again: Again) -> None:
        self._calls = calls
        self._before = before
        self._findings = findings
        self._again = again
        self._now = again.clock()
        self._device = 0
        self._descent = Descent(calls)
        self._folders: list[Iterator[bytes]] = []

    def steps(self, top: int) -> Iterator[int]:
        """Walk through the open directory `top`, which is closed afterwards; yields how many file operations each step
        took. Raises `OSError` of the export, and `Lost`.
        """
        try:
            self._device = self._calls.status(top).st_dev
            yield from self._arrive(top, b"", self._before.find(0, b""))
            while self._folders:
                name = next(self._folders[-1], None)
                if name is None:
                    self._leave()
                else:
                    yield from self._go_to(name)
            self._before.finish()
        finally:
            self._descent.close()

    def _go_to(self, name: bytes) -> Iterator[int]:
        known = self._before.find(len(self._folders), name)
        if known is not None and known.folders == 0 and self._is_as_known(known, self._status(name)):
            # Most directories have none in them, and rest: one call is all that they take.
            self._findings.keep(known, self._before.links())
            yield 1
            return
        opened = self._open(name)
        if opened is not None:
            yield from self._arrive(opened, name, known)

    def _arrive(self, opened: int, name: bytes, known: Folder | None) -> Iterator[int]:
        """Be in an open directory, and know what directories are in it."""
        depth = len(self._folders)
        self._descent.enter(opened)
        status = self._calls.status(opened)
        if status.st_dev != self._device:
            self._descent.leave()
        elif known is not None and self._is_as_known(known, status):
            self._findings.keep(known, self._before.links())
            self._folders.append(self._before.folders(depth + 1))
            yield 3
        else:
            yield from self._look(opened, name, status)

    def _look(self, opened: int, name: bytes, status: os.stat_result) -> Iterator[int]:
        contents = Contents(blocks=status.st_blocks, newest=status.st_ctime_ns)
        looked = self._again.clock()
        try:
            yield from look(self._calls, opened, self._device, contents)
        except OSError as error:
            if error.errno not in GONE or not self._folders:
                raise
            self._descent.leave()
            return
        self._findings.see(_seen(len(self._folders), name, status, looked, contents), contents.links)
        self._folders.append(iter(contents.folders))
        yield 4

    def _leave(self) -> None:
        self._folders.pop()
        self._descent.leave()

    def _open(self, name: bytes) -> int | None:
        """Open a directory where the walk is; None where there is none any more, or none that we may look into."""
        try:
            return self._calls.open_folder(self._descent.here, name)
        except OSError as error:
            if error.errno in DENIED:
                self._count_closed(name)
            elif error.errno not in GONE:
                raise
        return None

    def _count_closed(self, name: bytes) -> None:
        """Count a directory that we may not look into: what it takes itself. It never rests."""
        status = self._status(name)
        if status is not None and status.st_dev == self._device:
            self._findings.see(_seen(len(self._folders), name, status, 0, Contents(status.st_blocks)), ())

    def _status(self, name: bytes) -> os.stat_result | None:
        try:
            return self._calls.status_of(self._descent.here, name)
        except OSError as error:
            if error.errno not in GONE | DENIED:
                raise
            return None

    def _is_as_known(self, known: Folder, status: os.stat_result | None) -> bool:
        """Whether what was seen of a directory still holds. Nobody can set the time of change."""
        return (
            status is not None
            and (status.st_ino, status.st_ctime_ns) == (known.inode, known.changed)
            and status.st_dev == self._device
            and stat.S_ISDIR(status.st_mode)
            and not is_due(known, self._now, self._again.full_every)
        )


def _seen(depth: int, name: bytes, status: os.stat_result, looked: int, contents: Contents) -> Folder:
    return Folder(
        depth,
        name,
        status.st_ino,
        status.st_ctime_ns,
        looked,
        contents.newest,
        contents.blocks,
        contents.files,
        len(contents.folders),
    )
