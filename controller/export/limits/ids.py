"""Which volume has which project number: a file for each in `.nfs-steward/projects`, named by the number.

A number is taken by making its file, which one process alone can do, and which is whole from its first moment: it says
who has it. Which numbers a holder may get follows from its name, so that whoever comes next finds the one that it has
without looking at all of them, after any death. It is given back by removing the file.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from controller.export.archiving import write_whole
from controller.export.area import Folder, find_folder, listed, made_folder
from controller.export.limits.projects import NOTHING, Usage
from controller.export.visit import PlaceRefused, Visit

FIRST: Final = 1_000_000
COUNT: Final = 9_000_000
"""The numbers that we give: seven digits, out of the way of those that people choose by hand."""

_TRIED: Final = 8
"""Numbers that a holder may get. Of 100,000 volumes, one in 10^15 finds all of them taken."""
_LONGEST: Final = 4096
_DRAFT: Final = "draft-"
_OLD: Final = 24 * 3600.0
"""Seconds after which a number has its directory, or nobody wants it any more."""


def take(visit: Visit, holder: str, usages: Mapping[int, Usage]) -> int:
    """The project number of a holder, its own for as long as it is not given back. One for which something counts
    already is left alone: it is another program's, or what had it before is not quite gone. Raises `OSError` and
    `PlaceRefused`.
    """
    folder = made_folder(visit, Folder.PROJECTS)
    for number in _numbers(holder):
        if _holder(visit, folder, number) == holder:
            return number
    for number in _numbers(holder):
        if usages.get(number, NOTHING) == NOTHING and _take(visit, folder, number, holder):
            return number
    raise PlaceRefused(f"no project number is free for it in .nfs-steward/{Folder.PROJECTS}")


def is_ours(visit: Visit, number: int) -> bool:
    """Whether a project number was given by us; raises as `take`."""
    folder = find_folder(visit, Folder.PROJECTS)
    return folder is not None and visit.has(folder, str(number))


def is_of(visit: Visit, number: int, holder: str) -> bool:
    """Whether a project number was given to that holder; raises as `take`."""
    folder = find_folder(visit, Folder.PROJECTS)
    return folder is not None and _holder(visit, folder, number) == holder


def give_back(visit: Visit, number: int) -> None:
    """Have a number be free again; raises as `take`."""
    folder = find_folder(visit, Folder.PROJECTS)
    if folder is not None:
        with suppress(FileNotFoundError):
            visit.operations.remove_file(folder, str(number))


def old(visit: Visit, now: float) -> Iterator[int]:
    """Numbers that were given long before `now`, in seconds since 1970, so that nobody is at making their directories;
    drafts that a death has left are removed on the way. Raises as `take`.
    """
    folder = find_folder(visit, Folder.PROJECTS)
    for name in listed(visit, folder) if folder is not None else ():
        with suppress(FileNotFoundError):
            if folder is None or visit.operations.look(folder, name).st_mtime > now - _OLD:
                continue
            if name.startswith(_DRAFT):
                visit.operations.remove_file(folder, name)
            elif name.isdecimal():
                yield int(name)


def _numbers(holder: str) -> Iterator[int]:
    digest = hashlib.sha256(holder.encode()).digest()
    for at in range(0, 4 * _TRIED, 4):
        yield FIRST + int.from_bytes(digest[at : at + 4]) % COUNT


def _take(visit: Visit, folder: int, number: int, holder: str) -> bool:
    """Whether the number is the holder's now: by us, or by another process at the same moment."""
    draft = f"{_DRAFT}{secrets.token_hex(8)}"
    write_whole(visit.operations, folder, draft, holder.encode())
    try:
        visit.operations.link(folder, draft, str(number))
    except FileExistsError:
        return _holder(visit, folder, number) == holder
    finally:
        visit.operations.remove_file(folder, draft)
    visit.operations.sync(visit.hold(visit.operations.reopen(folder)))
    return True


def _holder(visit: Visit, folder: int, number: int) -> str | None:
    try:
        file = visit.operations.open_file(folder, str(number))
    except FileNotFoundError:
        return None
    try:
        return visit.operations.read(file, _LONGEST).decode("utf-8", "replace")
    finally:
        visit.operations.close(file)
