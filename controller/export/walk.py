"""Making a directory below an export's root, whatever else happens on the export meanwhile.

Tenants write inside the export: they may plant symbolic links and swap components while we walk. So each component is
entered by name from the directory before it, held open, without following links; owner and mode are set on the
directory that is held, never by name. Prefixes of paths decide nothing.

mkdir(2) and the calls that set owner and mode cannot be one step, and a process may die between them. A directory is
therefore made with mode bits that nobody chooses (`finish.UNFINISHED`), and they give way to the wanted ones last of
all. A directory that still has them and is empty was never finished: the next walk finishes it. Every other directory
that exists is left as it is, unless an administrator asks for the last one to be changed.
"""

import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

from controller.export.changing import change_directory
from controller.export.failures import export_failure, step_failure
from controller.export.finish import UNFINISHED, difference, finish, is_unfinished, state_of
from controller.export.operations import ExportOperations
from controller.export.outcomes import Blocked, Existed, Made, Outcome
from policy.errors import PathRefused
from policy.exports import Segments
from policy.ownership import Ownership
from policy.paths import check_segment

_WALK_THROUGH: Final = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


Prepare: TypeAlias = Callable[[int], None]
"""What is done to the directory at the end of the way, held open by O_PATH, before it gets its owner and its mode: a
new one is empty then, and nobody but us can enter it. What this raises is raised.
"""


def make_directory(
    operations: ExportOperations,
    root: Path,
    segments: Segments,
    wish: Ownership,
    prepare: Prepare | None = None,
    *,
    change_existing: bool = False,
) -> Outcome:
    """Make the directory at `segments` below `root`, and what is missing on the way; `wish` holds for all of it, but
    that everybody may walk through what is on the way. `change_existing`: it holds for a directory that is at
    `segments` already, too, never for one on the way.

    What was made before a failure stays: it is empty, and the next try walks through it.
    """
    try:
        for segment in segments:
            check_segment(segment)
        return _walk(_Walk(operations, segments, wish, prepare, change_existing), operations.open_root(root))
    except PathRefused as error:
        return Blocked(str(error))
    except OSError as error:
        return export_failure(error)


@dataclass(frozen=True, slots=True)
class _Walk:
    """One call of `make_directory`."""

    operations: ExportOperations
    segments: Segments
    wish: Ownership
    prepare: Prepare | None
    change_existing: bool


@dataclass(frozen=True, slots=True)
class _Entered:
    """A directory held open on the way; `made`: by this walk, a moment ago."""

    directory: int
    made: bool


def _walk(walk: _Walk, root: int) -> Outcome:
    """Walk down from `root`, holding one directory at a time, and close it; raises `OSError` of the export."""
    operations, last = walk.operations, len(walk.segments)
    here, shortfalls = root, []
    reached: Outcome = Blocked("it is the export's root itself")
    try:
        for depth, name in enumerate(walk.segments, 1):
            try:
                entered = _enter(operations, here, name)
            except OSError as error:
                return step_failure(error, name)
            operations.close(here)
            here = entered.directory
            if walk.prepare and depth == last:
                walk.prepare(here)
            reached = _settle(walk, entered) if depth == last else _pass(walk, entered)
            shortfalls += [f"{name!r}: {each}" for each in reached.shortfalls] if isinstance(reached, Made) else []
    finally:
        operations.close(here)
    return replace(reached, shortfalls=tuple(shortfalls)) if isinstance(reached, Made) else reached


def passage(wish: Ownership) -> Ownership:
    """What a directory on the way is to be: an NFSv4 client that mounts looks up each component of the path as the
    node's root, who is nobody on a `root_squash` export (exports(5)). To walk through it does not let anybody list it.
    """
    return replace(wish, mode=wish.mode | _WALK_THROUGH)


def _enter(operations: ExportOperations, parent: int, name: str) -> _Entered:
    """Open `name`, making it where it is missing; raises `OSError`."""
    with suppress(FileNotFoundError):
        return _Entered(_open_existing(operations, parent, name), made=False)
    made = True
    try:
        operations.make_child(parent, name, UNFINISHED)
    except FileExistsError:
        made = False
    return _Entered(operations.open_child(parent, name), made)


def _open_existing(operations: ExportOperations, parent: int, name: str) -> int:
    """Open what has been there before, by the server's own word where we can: an NFS client may go on for a minute by
    what it remembers of a name, unless it opens a directory to list it (nfs(5), "Close-to-open cache consistency").
    """
    with suppress(PermissionError):
        return operations.open_listable(parent, name)
    return operations.open_child(parent, name)


def _settle(walk: _Walk, entered: _Entered) -> Made | Existed:
    """Have the directory at the end of the way as it is to be; what stands there afterwards."""
    reached = _finish(walk.operations, entered, walk.wish)
    if isinstance(reached, Existed) and walk.change_existing:
        return change_directory(walk.operations, entered.directory, walk.wish)
    return reached


def _pass(walk: _Walk, entered: _Entered) -> Made | Existed:
    """The same for a directory on the way, which is left as it is where it was there before."""
    return _finish(walk.operations, entered, passage(walk.wish))


def _finish(operations: ExportOperations, entered: _Entered, wish: Ownership) -> Made | Existed:
    """Finish the directory where nobody has; what stands there afterwards."""
    before = state_of(operations.status(entered.directory))
    shortfalls = finish(operations, entered.directory, wish) if is_unfinished(before.mode) else None
    if shortfalls is None and not entered.made:
        return Existed(before)
    after = state_of(operations.status(entered.directory))
    return Made(after, shortfalls or difference(after, wish))
