"""The folder of one copy in our own area, `copies/<uid>`: what of it is complete, and where that goes.

Each attempt has a directory of its own in it. When all is there, a file says so that is named after the inode numbers
of that directory and of the one that was copied; in it stands what could not be had. So whoever comes next, after any
death, knows a complete copy from one that was cut short, and knows it again where it is in its place already.
"""

import secrets
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.export.area import Folder, find_folder, listed, made_folder
from controller.export.copying.calls import CopyCalls
from controller.export.limits.subvolumes import ROOT_INODE
from controller.export.moving import move_failure
from controller.export.outcomes import Blocked, Disturbed, Existed, Finished, Made, Outcome
from controller.export.removing import doom
from controller.export.requests import CopyDirectory
from controller.export.visit import PlaceRefused, Visit
from controller.export.walk import make_directory, passage
from policy.exports import Segments
from policy.paths import check_segment

TREE: Final = "data-"
NAMES: Final = "names-"
COMPLETE: Final = "complete-"

_STALE_AFTER: Final = 24 * 3600.0
"""Seconds after which what is left of a copy is removed: nobody has worked on it all the time."""
_LONGEST_REPORT: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class CopyFolder:
    """The folder, held open during one visit to the export at `root`. All that it does raises `OSError`,
    `PlaceRefused` and `PathRefused`.
    """

    visit: Visit
    root: Path
    request: CopyDirectory
    folder: int

    def place(self, source: int) -> Outcome | None:
        """Move the complete copy of the directory `source` to where it belongs, or find it there: `Finished`. None
        where there is no complete one.
        """
        names = listed(self.visit, self.folder)
        complete = self._complete_copies_of(source, names)
        there = self._inode_in_place()
        if there in complete:
            return Finished(0, self._report(complete[there]))
        if there is not None:
            return Blocked(self._taken())
        for name in names:
            inode = self._inode(self.folder, name) if name.startswith(TREE) else None
            if inode in complete:
                return self._move(name) or Finished(0, self._report(complete[inode]))
        return None

    def check_free(self) -> None:
        """Raises `PlaceRefused` where there is something already where the copy belongs."""
        if self._inode_in_place() is not None:
            raise PlaceRefused(self._taken())

    def complete(self, tree: int, source: int, report: tuple[str, ...]) -> None:
        """Have it known that the directory `tree` holds all that the directory `source` does, but for `report`."""
        operations = self.visit.operations
        # Under another name until all is in it.
        name, final = f"report-{secrets.token_hex(8)}", self._name(self._inode_of(tree), source)
        file = operations.create_file(self.folder, name)
        try:
            content = "\n".join(report).encode("utf-8", "backslashreplace")[:_LONGEST_REPORT]
            while content:
                content = content[operations.write(file, content) :]
            operations.sync(file)
        finally:
            operations.close(file)
        operations.move(self.folder, name, self.folder, final)

    def show_life(self, calls: CopyCalls) -> None:
        """Have the folder's time say that somebody works in it: see `doom_stale_copies`."""
        opened, now = self.visit.operations.reopen(self.folder), time.time_ns()
        try:
            calls.set_times(opened, now, now)
        finally:
            self.visit.operations.close(opened)

    def drop(self) -> None:
        """Have all that is in it removed."""
        for name in listed(self.visit, self.folder):
            doom(self.visit, self.folder, name, self.request.volume_uid)

    def _taken(self) -> str:
        return f"there is something at {'/'.join(self.request.segments)!r} already"

    def _complete_copies_of(self, source: int, names: list[str]) -> Mapping[str | None, str]:
        """The files that tell of complete copies, by those copies' inode numbers."""
        ending = self._name("", source)
        return {
            name.removeprefix(COMPLETE).partition("-")[0]: name
            for name in names
            if name.startswith(COMPLETE) and name.endswith(ending.removeprefix(COMPLETE))
        }

    def _name(self, inode: str, source: int) -> str:
        return f"{COMPLETE}{inode}-{self._inode_of(source)}"

    def _inode_of(self, opened: int) -> str:
        """What tells an open directory from all others on the export: of subvolumes, which all have the same inode
        number, that of their file system as well.
        """
        inode = self.visit.operations.status(opened).st_ino
        return f"{inode}.{self.visit.operations.space(opened).f_fsid:x}" if inode == ROOT_INODE else str(inode)

    def _inode(self, parent: int, name: str) -> str | None:
        with suppress(FileNotFoundError), self.visit.part() as part:
            status = self.visit.operations.look(parent, name)
            is_subvolume = status.st_ino == ROOT_INODE and stat.S_ISDIR(status.st_mode)
            return self._inode_of(part.enter(parent, name)) if is_subvolume else str(status.st_ino)
        return None

    def _inode_in_place(self) -> str | None:
        *above, name = self.request.segments
        parent = self.visit.find(tuple(above))
        return None if parent is None else self._inode(parent, name)

    def _report(self, name: str) -> tuple[str, ...]:
        operations = self.visit.operations
        file = operations.open_file(self.folder, name)
        try:
            return tuple(operations.read(file, _LONGEST_REPORT).decode("utf-8", "replace").splitlines())
        finally:
            operations.close(file)

    def _move(self, name: str) -> Outcome | None:
        """Move the tree `name` to its place; None where that worked."""
        *above, last = self.request.segments
        parent = self._made_parent(tuple(above))
        if not isinstance(parent, int):
            return parent
        try:
            self.visit.operations.move_directory(self.folder, name, parent, last)
        except FileNotFoundError:
            return Disturbed(f"the directory that {last!r} goes into disappears")
        except OSError as error:
            return move_failure(error, last)
        return None

    def _made_parent(self, above: Segments) -> int | Outcome:
        if above:
            made = make_directory(self.visit.operations, self.root, above, passage(self.request.wish))
            if not isinstance(made, Made | Existed):
                return made
        return self.visit.find(above) or Disturbed("the directory that it goes into disappears")


def find_copy(visit: Visit, root: Path, request: CopyDirectory) -> CopyFolder | None:
    """The folder of a copy where there is one; raises as `CopyFolder`."""
    copies = find_folder(visit, Folder.COPIES)
    with suppress(FileNotFoundError):
        if copies is not None:
            return CopyFolder(visit, root, request, visit.enter(copies, check_segment(request.volume_uid)))
    return None


def made_copy(visit: Visit, root: Path, request: CopyDirectory) -> CopyFolder:
    """The folder of a copy, made where it is missing; raises as `CopyFolder`."""
    copies = made_folder(visit, Folder.COPIES)
    with suppress(FileExistsError):
        visit.operations.make_child(copies, check_segment(request.volume_uid), stat.S_IRWXU)
    return CopyFolder(visit, root, request, visit.enter(copies, request.volume_uid))


def doom_stale_copies(visit: Visit) -> None:
    """Have what is left of copies removed that nobody has worked on for long: cut short, or placed long ago."""
    copies = find_folder(visit, Folder.COPIES)
    for name in listed(visit, copies) if copies is not None else ():
        with suppress(FileNotFoundError):
            if copies is not None and visit.operations.look(copies, name).st_mtime < time.time() - _STALE_AFTER:
                doom(visit, copies, name, name)
