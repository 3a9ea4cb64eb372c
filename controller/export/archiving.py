"""Making an archive of what was set aside: `archives/<name>/` with `archive.json`, and then `data`.

The record is there, whole, before the data is: an archive that has data can always say what it is and how long it is
kept. One without data was never made, whatever it says.
"""

import errno
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from controller.export.archive_record import ArchiveRecord, archive_name, uid_part, write_record
from controller.export.area import Folder, find_folder, listed, made_folder
from controller.export.moving import move_failure
from controller.export.operations import ExportOperations
from controller.export.outcomes import Disturbed, Missing, Moved, Outcome
from controller.export.requests import Archived
from controller.export.visit import Visit
from policy.paths import check_segment

RECORD: Final = "archive.json"
DATA: Final = "data"

_TAKEN: Final = {errno.EEXIST, errno.ENOTEMPTY}
_NAMES_TRIED: Final = 100


def archive_aside(visit: Visit, archived: Archived, now: datetime) -> Outcome:
    """See `requests.ArchiveAside`; `now` is in UTC. Raises `OSError` of the export, `PlaceRefused`, `PathRefused`."""
    uid = check_segment(archived.volume_uid)
    record = ArchiveRecord(archived, now)
    aside = find_folder(visit, Folder.ASIDE)
    if aside is None or not visit.has(aside, uid):
        return _archived_before(visit, record)
    archives = made_folder(visit, Folder.ARCHIVES)
    name = _begun(visit, archives, uid) or _make_folder(visit, archives, archive_name(record))
    archive = visit.enter(archives, name)
    _clear(visit, archive)
    write_whole(visit.operations, archive, RECORD, write_record(record))
    try:
        visit.operations.move_directory(aside, uid, archive, DATA)
    except FileNotFoundError:
        return _archived_before(visit, record)
    except OSError as error:
        return Disturbed("another archive takes its place") if error.errno in _TAKEN else move_failure(error, uid)
    for changed in (archive, archives, aside):
        visit.operations.sync(visit.hold(visit.operations.reopen(changed)))
    return Moved()


def discard_unfinished(visit: Visit, archives: int, name: str, record: ArchiveRecord) -> None:
    """Remove an archive that has no data; should somebody put data into it at this very moment, it keeps its record."""
    try:
        archive = visit.enter(archives, name)
        if visit.has(archive, DATA):
            return
        _clear(visit, archive)
        with suppress(FileNotFoundError):
            visit.operations.remove_file(archive, RECORD)
        visit.operations.remove_directory(archives, name)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in _TAKEN:
            raise
        if visit.has(archive, DATA):
            write_whole(visit.operations, archive, RECORD, write_record(record))


def write_whole(operations: ExportOperations, folder: int, name: str, content: bytes) -> None:
    """Have a file with that content in a folder of ours: there is never half of one. Raises `OSError`."""
    draft = f"{name}.{secrets.token_hex(8)}"
    file = operations.create_file(folder, draft)
    try:
        left = content
        while left:
            left = left[operations.write(file, left) :]
        operations.sync(file)
    finally:
        operations.close(file)
    operations.move(folder, draft, folder, name)


def _begun(visit: Visit, archives: int, uid: str) -> str | None:
    """The archive of a volume that an earlier request has left without data."""
    found = _archives_of(visit, archives, uid)
    return next((name for name, archive in found if not visit.has(archive, DATA)), None)


def _clear(visit: Visit, archive: int) -> None:
    """Remove drafts of its record that an earlier request has left; one that is still at it tries again."""
    for name in listed(visit, archive):
        if name not in (RECORD, DATA):
            visit.operations.remove_file(archive, name)


def _make_folder(visit: Visit, archives: int, name: str) -> str:
    """Make a folder of that name, or of one like it where there is one."""
    for number in range(_NAMES_TRIED):
        free = f"{name}-{number}" if number else name
        with suppress(FileExistsError):
            visit.operations.make_child(archives, free, 0o700)
            return free
    raise FileExistsError(errno.EEXIST, "so many archives of one volume in one second")


def _archived_before(visit: Visit, record: ArchiveRecord) -> Outcome:
    """`Moved` where an earlier request has made the archive. Nothing is aside any more, so that nobody
    needs those without data.
    """
    archives = find_folder(visit, Folder.ARCHIVES)
    if archives is None:
        return Missing()
    made = False
    for name, archive in _archives_of(visit, archives, record.archived.volume_uid):
        if visit.has(archive, DATA):
            made = True
        else:
            discard_unfinished(visit, archives, name, record)
    return Moved() if made else Missing()


def _archives_of(visit: Visit, archives: int, uid: str) -> Iterator[tuple[str, int]]:
    """A volume's archives, with data or without: names and open folders."""
    for name in listed(visit, archives):
        if uid_part(uid) in name:
            with suppress(FileNotFoundError):
                yield name, visit.enter(archives, name)
