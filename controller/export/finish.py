"""Giving a directory that was just made its owner and mode, so that a death in between can be told afterwards."""

import errno
import os
import stat
from collections.abc import Callable

from controller.export.failures import describe
from controller.export.operations import ExportOperations
from policy.ownership import Ownership

UNFINISHED = stat.S_ISVTX | stat.S_IRWXU
"""Mode bits (1700) of a directory between mkdir(2) and its own: the sticky bit means nothing where only one may
write, so nobody chooses them, and until they are replaced nobody else gets in."""

_NOT_OURS_TO_GIVE = {errno.EPERM, errno.EACCES, errno.EINVAL}
"""What a server answers to a change of owner or mode that it does not allow: root_squash, or an id unknown to it."""


def state_of(status: os.stat_result) -> Ownership:
    """Mode bits and owner out of what stat(2) says."""
    return Ownership(stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)


def is_unfinished(mode: int) -> bool:
    """Whether mode bits say "not finished"; set-group-ID does not count, since the parent may hand it down."""
    return mode & ~stat.S_ISGID == UNFINISHED


def finish(operations: ExportOperations, directory: int, wish: Ownership) -> tuple[str, ...] | None:
    """Set group, owner, mode, in this order, each only where it differs; returns what could not be had, as clauses.

    The mode comes last since it takes the mark away. None: it has entries, or we may not look, so it is no unfinished
    one of ours and stays as it is. Raises `OSError` where the export fails rather than refuses.
    """
    try:
        ours = operations.reopen(directory)
    except PermissionError:
        return None
    try:
        return give(operations, ours, wish) if operations.is_empty(ours) else None
    finally:
        operations.close(ours)


def give(operations: ExportOperations, ours: int, wish: Ownership) -> tuple[str, ...]:
    """Set group, owner, mode of an open directory, each only where it differs; returns and raises as `finish`."""
    before = state_of(operations.status(ours))
    shortfalls: tuple[str, ...] = ()
    if before.gid != wish.gid:
        shortfalls += _attempt(f"group {wish.gid}", lambda: operations.set_owner(ours, -1, wish.gid))
    if before.uid != wish.uid:
        shortfalls += _attempt(f"owner {wish.uid}", lambda: operations.set_owner(ours, wish.uid, -1))
    if before.mode != wish.mode:
        shortfalls += _attempt(f"mode {wish.mode:04o}", lambda: operations.set_mode(ours, wish.mode))
    return shortfalls


def difference(found: Ownership, wish: Ownership) -> tuple[str, ...]:
    """A clause where a directory is not as wished although nothing was refused, else nothing.

    Linux drops set-group-ID in silence where the caller is not in the group; some file systems choose modes themselves.
    """
    return () if found == wish else (f"the export made it {found} rather than {wish}",)


def _attempt(what: str, change: Callable[[], None]) -> tuple[str, ...]:
    try:
        change()
    except OSError as error:
        if error.errno not in _NOT_OURS_TO_GIVE:
            raise
        return (f"{what} was refused by the export ({describe(error)})",)
    return ()
