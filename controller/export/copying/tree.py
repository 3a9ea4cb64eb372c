"""Copying all that is in one directory into another, which only we can reach.

Tenants write in the original meanwhile, and may plant links or swap what we are about to enter. So it is walked by
held directories and single names (see `copying.calls`), never by paths; mount points are not entered; and what changes
or vanishes on the way is told rather than waited for.
"""

import errno
import os
import stat
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from controller.export.copying.calls import CopyCalls
from controller.export.copying.content import Content
from controller.export.copying.marks import NOT_TO_BE_HAD, Marks, Shortfall, Tally
from controller.export.failures import ourselves
from controller.export.visit import PlaceRefused

Names: TypeAlias = tuple[str, ...]
"""Names below the directory that is copied."""

_DEEPEST: Final = 64
"""Levels that are held open at once; what lies deeper is entered anew from the top once those are done."""

_NO_MORE_NAMES: Final = {errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EXDEV}
"""What link(2) answers where a file cannot have one more name."""


@dataclass(frozen=True, slots=True)
class Places:
    """Open directories: what is copied, what it is copied into, and an empty one of ours for what has several names."""

    source: int
    target: int
    names: int


@dataclass(frozen=True, slots=True)
class _Frame:
    """A directory whose entries are being copied."""

    source: int
    target: int
    entries: Iterator[os.DirEntry[str]]
    path: Names
    opened: ExitStack


class TreeCopy:
    """One copy of a tree."""

    def __init__(self, calls: CopyCalls, places: Places) -> None:
        self.tally = Tally()
        self._calls = calls
        self._places = places
        self._marks = Marks(calls, self.tally)
        self._content = Content(calls)
        self._device = calls.status(places.source).st_dev
        self._mount = calls.mount_of(places.source)
        self._later: list[Names] = []

    def steps(self) -> Iterator[int]:
        """Copy, a little with each step: how many entries it has done. Raises `OSError` of the export, and
        `PlaceRefused` for what we may not read: a copy that lacks it would be none.
        """
        self._later.append(())
        while self._later:
            path = self._later.pop()
            try:
                frame = self._enter_anew(path)
            except (FileNotFoundError, NotADirectoryError):
                self.tally.note(Shortfall.VANISHED, _shown(path))
                continue
            yield from self._copy_from(frame)

    def _enter_anew(self, path: Names) -> _Frame:
        places = self._places
        return self._enter(path, self._walk(places.source, path), lambda: self._walk(places.target, path))

    def _walk(self, top: int, path: Names) -> int:
        """Open the directory at `path` below `top`."""
        here = self._open(top, ())
        for depth, name in enumerate(path, 1):
            try:
                with self._found(here, name, path[:depth]) as found:
                    there = self._open(found, path[:depth])
            finally:
                self._calls.close(here)
            here = there
        return here

    def _copy_from(self, top: _Frame) -> Iterator[int]:
        """Copy what is in one directory, and below."""
        frames = [top]
        try:
            while frames:
                entry = _next_of(frames[-1])
                if entry is None:
                    self._complete(frames.pop())
                    continue
                below = yield from self._copy_entry(frames[-1], entry.name, len(frames))
                if below:
                    frames.append(below)
                yield 1
        finally:
            for frame in frames:
                frame.opened.close()

    def _enter(self, path: Names, source: int, open_target: Callable[[], int]) -> _Frame:
        with ExitStack() as opened:
            opened.callback(self._calls.close, source)
            target = open_target()
            opened.callback(self._calls.close, target)
            entries = opened.enter_context(self._calls.entries(source))
            return _Frame(source, target, entries, path, opened.pop_all())

    def _complete(self, frame: _Frame) -> None:
        """All is in it: now it can have its own mode. That of the topmost is for whoever asked for the copy."""
        with frame.opened:
            if frame.path:
                self._marks.give(frame.source, frame.target, _shown(frame.path))
            else:
                self._marks.give_attributes(frame.source, frame.target, ".")

    def _copy_entry(self, frame: _Frame, name: str, depth: int) -> Generator[int, None, _Frame | None]:
        """Copy one entry. A directory is only begun: what it takes to go on in it is returned."""
        path = (*frame.path, name)
        try:
            with self._found(frame.source, name, path) as found:
                status = self._calls.status(found)
                if self._is_elsewhere(found, status):
                    self.tally.note(Shortfall.MOUNT, _shown(path))
                elif stat.S_ISDIR(status.st_mode):
                    return self._begin_folder(found, frame.target, path, depth)
                elif stat.S_ISREG(status.st_mode):
                    yield from self._copy_file(found, frame.target, path)
                else:
                    self._copy_other(found, frame.target, path)
        except FileNotFoundError:
            self.tally.note(Shortfall.VANISHED, _shown(path))
        return None

    def _is_elsewhere(self, found: int, status: os.stat_result) -> bool:
        """Whether it belongs to another file system, or to another mount of this one."""
        if status.st_dev != self._device:
            return True
        return stat.S_ISDIR(status.st_mode) and self._calls.mount_of(found) != self._mount

    def _begin_folder(self, found: int, parent: int, path: Names, depth: int) -> _Frame | None:
        self._calls.make_folder(parent, path[-1])
        if depth >= _DEEPEST:
            self._later.append(path)
            return None
        with self._found(parent, path[-1], path) as made:
            return self._enter(path, self._open(found, path), lambda: self._calls.open_folder(made))

    def _copy_file(self, found: int, parent: int, path: Names) -> Iterator[int]:
        before = self._calls.status(found)
        if before.st_nlink > 1 and self._share(before, parent, path):
            return
        with self._reading(path):
            source = self._calls.open_file(found)
        try:
            yield from self._fill(source, before, parent, path)
        finally:
            self._calls.close(source)
        if before.st_nlink > 1:
            with suppress(OSError):  # the next of its names will say so
                self._calls.share(parent, path[-1], self._places.names, str(before.st_ino))

    def _fill(self, source: int, before: os.stat_result, parent: int, path: Names) -> Iterator[int]:
        target = self._calls.create_file(parent, path[-1])
        elsewhere = self.tally.bytes
        try:
            for _ in self._content.copy(source, target, before.st_size):
                self.tally.bytes = elsewhere + self._bytes_of(target)
                yield 0
            after = self._calls.status(source)
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                self.tally.note(Shortfall.WRITTEN, _shown(path))
            self._marks.give(source, target, _shown(path))
            self.tally.bytes = elsewhere + self._bytes_of(target)
        finally:
            self._calls.close(target)

    def _bytes_of(self, target: int) -> int:
        """Blocks leave holes out, and may count what XFS has only reserved for what might follow."""
        filled = self._calls.status(target)
        return min(filled.st_size, filled.st_blocks * 512)

    def _share(self, status: os.stat_result, parent: int, path: Names) -> bool:
        """Whether the copy of another of the file's names has been given this one as well."""
        try:
            self._calls.share(self._places.names, str(status.st_ino), parent, path[-1])
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno not in _NO_MORE_NAMES:
                raise
            self.tally.note(Shortfall.NAMES, _shown(path))
            return False
        return True

    def _copy_other(self, found: int, parent: int, path: Names) -> None:
        """What has no content: links, fifos and sockets."""
        status = self._calls.status(found)
        kind = stat.S_IFMT(status.st_mode)
        if kind not in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFSOCK):
            self.tally.note(Shortfall.DEVICE, _shown(path))
            return
        try:
            if kind == stat.S_IFLNK:
                self._calls.make_link(self._calls.link_target(found), parent, path[-1])
            else:
                self._calls.make_special(parent, path[-1], kind)
        except OSError as error:
            if error.errno not in NOT_TO_BE_HAD:
                raise
            self.tally.note(Shortfall.KIND, _shown(path))
            return
        self._marks.give_by_name(status, parent, path[-1], _shown(path))

    def _open(self, found: int, path: Names) -> int:
        with self._reading(path):
            return self._calls.open_folder(found)

    @contextmanager
    def _found(self, parent: int, name: str, path: Names) -> Iterator[int]:
        with self._reading(path):
            found = self._calls.find(parent, name)
        try:
            yield found
        finally:
            self._calls.close(found)

    @contextmanager
    def _reading(self, path: Names) -> Iterator[None]:
        try:
            yield
        except PermissionError as error:
            raise PlaceRefused(f"{_shown(path)!r} in it cannot be read by {ourselves()}") from error


def _next_of(frame: _Frame) -> os.DirEntry[str] | None:
    try:
        return next(frame.entries, None)
    except FileNotFoundError:
        return None  # the directory itself has been removed


def _shown(path: Names) -> str:
    return "/".join(path) or "."
