"""Finding out what an export lets us do, by doing it: a directory is made in our own area, given away, and removed.

A server that squashes does not say so; it shows in the owner of what is made. As root we also make a directory in the
name of somebody else: a server that keeps that name squashes root alone, or nobody (exports(5), "User ID Mapping").
"""

import ctypes
import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.export.failures import export_failure
from controller.export.outcomes import Unavailable
from policy.paths import RESERVED

SOMEBODY: Final = 54321
"""A uid and gid that is no account of any system, for what is made in somebody else's name and given away."""

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN_TO_ALL: Final = 0o777


@dataclass(frozen=True, slots=True)
class WriteTrial:
    """What became of a directory made at `place` and removed again.

    `uid` made it, and `owner` (uid and gid) is whose it then was. `others`: whose it was when `SOMEBODY` made one; None
    where we may not act for others. `gives_owner`, `gives_group`: whether one could be given to `SOMEBODY`. `touched`:
    when it was made, in seconds since 1970, by the server's clock.
    """

    place: str
    uid: int
    owner: tuple[int, int]
    others: tuple[int, int] | None
    gives_owner: bool
    gives_group: bool
    touched: float


def try_writing(root: Path) -> WriteTrial | Unavailable | None:
    """Make a directory, see whose it is, try to give it away, and remove it; whatever fails, nothing stays.

    None: something that is no directory has the name of our area.
    """
    try:
        directory = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with _made(directory, RESERVED, keep_existing=True) as area:
                name = f"doctor-{secrets.token_hex(4)}"
                with _made(area, name) as place:
                    return _tried(place, f"{RESERVED}/{name}")
        finally:
            os.close(directory)
    except OSError as error:
        return None if error.errno in (errno.ENOTDIR, errno.ELOOP) else export_failure(error)


def _tried(place: int, path: str) -> WriteTrial:
    status = os.fstat(place)
    others = _made_by_somebody(place)
    with _made(place, "given") as given:
        gives_group = _allowed(lambda: os.fchown(given, -1, SOMEBODY))
        gives_owner = _allowed(lambda: os.fchown(given, SOMEBODY, -1))
    owner = status.st_uid, status.st_gid
    return WriteTrial(path, os.geteuid(), owner, others, gives_owner, gives_group, status.st_mtime)


def _made_by_somebody(place: int) -> tuple[int, int] | None:
    if os.geteuid() != 0 or not _allowed(lambda: os.fchmod(place, _OPEN_TO_ALL)):
        return None
    with suppress(PermissionError), _acting_as(SOMEBODY) as acting:
        if not acting:
            return None
        os.mkdir("somebody's", 0o700, dir_fd=place)
        try:
            status = os.stat("somebody's", dir_fd=place, follow_symlinks=False)
            return status.st_uid, status.st_gid
        finally:
            os.rmdir("somebody's", dir_fd=place)
    return None


@contextmanager
def _acting_as(number: int) -> Iterator[bool]:
    """Have this thread's file operations, and no other thread's, be those of a uid: setfsuid(2). Yields whether they
    are: without the right to it the call changes nothing, and says nothing.
    """
    system = ctypes.CDLL(None)
    before = system.setfsuid(number)
    try:
        yield system.setfsuid(-1) == number
    finally:
        system.setfsuid(before)


@contextmanager
def _made(parent: int, name: str, *, keep_existing: bool = False) -> Iterator[int]:
    """A new directory, held open, for the block. With `keep_existing` it may be there before, and then stays."""
    ours = True
    try:
        os.mkdir(name, 0o700, dir_fd=parent)
    except FileExistsError:
        if not keep_existing:
            raise
        ours = False
    try:
        directory = os.open(name, _FOLDER, dir_fd=parent)
        try:
            yield directory
        finally:
            os.close(directory)
    finally:
        if ours:
            # A controller may have begun to use what we made: then it is not empty, and no longer ours to remove.
            with suppress(OSError):
                os.rmdir(name, dir_fd=parent)


def _allowed(change: Callable[[], None]) -> bool:
    try:
        change()
    except OSError:
        return False
    return True
