"""The archives of an export: what there is, giving one back, and letting go those whose time is over.

Archives are directories in our own area, and nothing but their own records decides about them: one whose record cannot
be read is kept, and told.
"""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from controller.export.archive_record import ArchiveRecord, RecordUnreadable, is_expired, read_record
from controller.export.archiving import DATA, RECORD, discard_unfinished
from controller.export.area import Folder, find_folder, listed
from controller.export.failures import describe
from controller.export.limits.subvolumes import ROOT_INODE
from controller.export.moving import move_failure
from controller.export.operations import ExportOperations, SystemCalls
from controller.export.outcomes import Blocked, Missing, Moved, Outcome
from controller.export.removing import doom
from controller.export.visit import PlaceRefused, Visit, answer, check_place, visiting
from policy.errors import StewardError
from policy.exports import Segments
from policy.paths import check_segment

_CALLS: Final[ExportOperations] = SystemCalls()
_LONGEST_RECORD: Final = 1 << 16
_UNFINISHED_FOR: Final = timedelta(days=1)


class ArchivesUnreadable(StewardError):
    """The archives of an export cannot be listed: it cannot be reached, or its area is not ours."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive with data. `record` says what it is; or why nobody knows, as `RecordUnreadable`."""

    name: str
    record: ArchiveRecord | RecordUnreadable


@dataclass(frozen=True, slots=True)
class Expiry:
    """What letting go came to: the names that were given up for removal, and those kept because nobody can read how
    long they should be.
    """

    expired: tuple[str, ...]
    unreadable: tuple[str, ...]


def list_archives(root: Path, operations: ExportOperations = _CALLS) -> tuple[Archive, ...]:
    """All archives of the export that is mounted at `root`, by name. Raises `ArchivesUnreadable`."""
    with _explained(operations, root) as visit:
        found = [Archive(each.name, each.record) for each in _look_through(visit) if each.has_data]
    return tuple(sorted(found, key=lambda archive: archive.name))


Hold: TypeAlias = Callable[[Visit, int], None]
"""Holds an archive's data, an open directory, to the size of the claim that gets it. Raises `OSError`, `ToolFailed` and
`PlaceRefused`.
"""


def restore(
    root: Path, name: str, segments: Segments, operations: ExportOperations = _CALLS, hold: Hold | None = None
) -> Outcome:
    """Move an archive's data to `segments`, where nothing may be, or an empty directory; mode and owner come along.
    `hold` goes before.

    `Missing` where there is no such archive, `Blocked` where it cannot be done as things are, else `Moved`.
    """
    return answer(operations, root, lambda visit: _restore(visit, name, segments, hold))


def group_at(root: Path, segments: Segments, operations: ExportOperations = _CALLS) -> int | None:
    """The gid of the directory at `segments`; None where nobody can say."""
    with suppress(OSError, PlaceRefused), visiting(operations, root) as visit:
        found = visit.find(segments)
        return None if found is None else operations.status(found).st_gid
    return None


def give_up(root: Path, name: str, operations: ExportOperations = _CALLS) -> Outcome:
    """Give up an archive for removal, however long it is to be kept: `Missing` where there is none of that name,
    `Blocked` where it is not ours to remove, else `Moved`.
    """
    return answer(operations, root, lambda visit: _give_up_known(visit, name))


def let_go(visit: Visit, now: datetime, step: Callable[[], None]) -> Expiry:
    """Give up the archives whose time is over at `now`, in UTC; `step` is called before each is looked at. Raises
    `OSError` and `PlaceRefused`.
    """
    expired, unreadable = [], []
    for found in _look_through(visit):
        step()
        record = found.record
        if isinstance(record, RecordUnreadable):
            unreadable += [found.name] if found.has_data else []
        elif not found.has_data:
            _discard_unfinished(visit, found.name, record, now)
        elif is_expired(record, now):
            _give_up(visit, found.name)
            expired.append(found.name)
    return Expiry(tuple(expired), tuple(unreadable))


@dataclass(frozen=True, slots=True)
class _Found:
    """A folder among the archives, with data or without."""

    name: str
    record: ArchiveRecord | RecordUnreadable
    has_data: bool


def _look_through(visit: Visit) -> Iterator[_Found]:
    archives = find_folder(visit, Folder.ARCHIVES)
    if archives is None:
        return
    for name in listed(visit, archives):
        with suppress(FileNotFoundError):
            yield _look_at(visit, archives, name)


def _look_at(visit: Visit, archives: int, name: str) -> _Found:
    try:
        archive = visit.operations.open_child(archives, name)
    except OSError as error:
        if error.errno not in (errno.ENOTDIR, errno.ELOOP):
            raise
        return _Found(name, RecordUnreadable("it is no directory"), has_data=True)
    try:
        return _Found(name, _read(visit.operations, archive), visit.has(archive, DATA))
    finally:
        visit.operations.close(archive)


def _read(operations: ExportOperations, archive: int) -> ArchiveRecord | RecordUnreadable:
    try:
        file = operations.open_file(archive, RECORD)
    except OSError as error:
        return RecordUnreadable(f"{RECORD} cannot be opened: {describe(error)}")
    try:
        return read_record(operations.read(file, _LONGEST_RECORD))
    except RecordUnreadable as unreadable:
        return unreadable
    except OSError as error:
        return RecordUnreadable(f"{RECORD} cannot be read: {describe(error)}")
    finally:
        operations.close(file)


def _restore(visit: Visit, name: str, segments: Segments, hold: Hold | None) -> Outcome:
    last = check_place(segments)
    archives, parent = find_folder(visit, Folder.ARCHIVES), visit.find(segments[:-1])
    if archives is None or not visit.has(archives, check_segment(name)):
        return Missing()
    if parent is None:
        return Blocked(f"the directory that {last!r} should lie in does not exist: make it first")
    archive = visit.enter(archives, name)
    try:
        if hold is not None:
            hold(visit, visit.hold(visit.operations.open_listable(archive, DATA)))
            _make_way(visit, parent, last)
        visit.operations.move_directory(archive, DATA, parent, last)
    except FileNotFoundError:
        return Missing()
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            return Blocked(f"there is something at {last!r}: nothing is put over it")
        return move_failure(error, last)
    _give_up(visit, name)
    return Moved()


def _make_way(visit: Visit, parent: int, name: str) -> None:
    """Remove an empty subvolume: rename(2) puts nothing over one. Raises `OSError`, ENOTEMPTY for one that is not."""
    if visit.has(parent, name) and visit.operations.look(parent, name).st_ino == ROOT_INODE:
        visit.operations.remove_directory(parent, name)


def _give_up_known(visit: Visit, name: str) -> Outcome:
    archives = find_folder(visit, Folder.ARCHIVES)
    if archives is None or not visit.has(archives, check_segment(name)):
        return Missing()
    _give_up(visit, name)
    return Moved()


def _give_up(visit: Visit, name: str) -> None:
    with visit.part() as part:
        archives = find_folder(part, Folder.ARCHIVES)
        if archives is not None:
            doom(part, archives, name, name)


def _discard_unfinished(visit: Visit, name: str, record: ArchiveRecord, now: datetime) -> None:
    """Nobody came back to put data beside a record: it is one of nothing."""
    if now - record.archived_at < _UNFINISHED_FOR:
        return
    with visit.part() as part:
        archives = find_folder(part, Folder.ARCHIVES)
        if archives is not None:
            discard_unfinished(part, archives, name, record)


@contextmanager
def _explained(operations: ExportOperations, root: Path) -> Iterator[Visit]:
    try:
        with visiting(operations, root) as visit:
            yield visit
    except OSError as error:
        raise ArchivesUnreadable(f"the archives in {root} cannot be read: {describe(error)}") from error
    except PlaceRefused as refused:
        raise ArchivesUnreadable(f"the archives in {root} cannot be read: {refused}") from refused
