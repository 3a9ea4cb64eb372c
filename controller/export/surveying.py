"""Looking at what lies on an export, without changing anything: for people, beside the work of the controllers.

Whoever calls this gives it a deadline (`lanes`): on a mount whose server is gone it does not return.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from controller.export.area import Folder
from controller.export.failures import describe
from policy.exports import Segments
from policy.ownership import Ownership
from policy.paths import RESERVED, is_servers_own

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_ASIDE: Final = (RESERVED, Folder.ASIDE)
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_MOUNTS: Final = Path("/proc/self/mountinfo")


@dataclass(frozen=True, slots=True)
class FolderSeen:
    """Mode and owner of a folder, and the kind of file system it lies on (`ext4`, `nfs4`; empty: not known)."""

    state: Ownership
    file_system: str

    @property
    def is_remote(self) -> bool:
        """Whether a server decides who may do what in it, as opposed to this machine."""
        return self.file_system.startswith("nfs")


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies on an export.

    `area`: a clause that says why our own area on it cannot be used, empty where it can, or where there is none yet.
    `missing`: directories that should be there, each with what is there instead. `strange`: those that should not, as
    far as nothing known lies in them. `aside`: what was set aside, by the uid of its volume. `unread`: what could not
    be looked into, each with why.
    """

    area: str = ""
    missing: dict[Segments, str] = field(default_factory=dict)
    strange: tuple[Segments, ...] = ()
    aside: tuple[str, ...] = ()
    unread: dict[Segments, str] = field(default_factory=dict)


def folder_seen(path: Path) -> FolderSeen:
    """Look at a folder; raises `OSError`."""
    status = path.stat()
    state = Ownership(stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
    return FolderSeen(state, _file_system(status.st_dev))


def survey(root: Path, known: frozenset[Segments]) -> Survey:
    """Compare what lies below `root` with the directories that are `known`; raises `OSError` of the root itself."""
    directory = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = _Surveying(directory, known)
        found.look_for_known()
        found.look_at_all()
        return Survey(found.area(), found.missing, tuple(sorted(found.strange)), found.aside(), found.unread)
    finally:
        os.close(directory)


class _Surveying:
    """One survey under way."""

    def __init__(self, root: int, known: frozenset[Segments]) -> None:
        self._root = root
        self._known = known
        self._above = {segments[:depth] for segments in known for depth in range(len(segments))}
        self.missing: dict[Segments, str] = {}
        self.strange: list[Segments] = []
        self.unread: dict[Segments, str] = {}

    def look_for_known(self) -> None:
        """Go to every directory that should be there."""
        for segments in sorted(self._known):
            try:
                os.close(self._open(segments, os.O_PATH))
            except FileNotFoundError:
                self.missing[segments] = "nothing is there"
            except (NotADirectoryError, OSError) as error:
                self._unfit(segments, error)

    def look_at_all(self) -> None:
        """List the root, and whatever has a known directory somewhere below it."""
        waiting: list[Segments] = [()]
        while waiting:
            here = waiting.pop()
            for segments in self._folders_in(here):
                if segments in self._known:
                    continue
                if segments in self._above:
                    waiting.append(segments)
                elif here or (segments[0] != RESERVED and not is_servers_own(segments[0])):
                    self.strange.append(segments)

    def area(self) -> str:
        """Why controllers refuse to use our own area, as `area` decides: others get in, or it is no directory."""
        try:
            status = os.stat(RESERVED, dir_fd=self._root, follow_symlinks=False)
        except OSError:
            return ""
        if not stat.S_ISDIR(status.st_mode):
            return "is a symbolic link or no directory"
        mode = stat.S_IMODE(status.st_mode)
        return f"has mode {mode:04o}, so that others get in" if mode & _OTHERS else ""

    def aside(self) -> tuple[str, ...]:
        """The uids of the volumes of which something was set aside."""
        return tuple(sorted(segments[-1] for segments in self._folders_in(_ASIDE)))

    def _folders_in(self, place: Segments) -> Iterator[Segments]:
        try:
            directory = self._open(place, os.O_RDONLY)
        except FileNotFoundError:
            return
        except OSError as error:
            self.unread[place] = describe(error)
            return
        try:
            with os.scandir(directory) as entries:
                names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        finally:
            os.close(directory)
        yield from ((*place, name) for name in names)

    def _unfit(self, segments: Segments, error: OSError) -> None:
        if isinstance(error, NotADirectoryError):
            self.missing[segments] = "a symbolic link or no directory is on its way"
        else:
            self.unread[segments] = describe(error)

    def _open(self, segments: Segments, how: int) -> int:
        """Open a directory below the root, following no symbolic link; raises `OSError`."""
        here = os.open(".", _FOLDER if not segments else os.O_PATH | _FOLDER, dir_fd=self._root)
        for depth, name in enumerate(segments, start=1):
            try:
                there = os.open(name, _FOLDER | (how if depth == len(segments) else os.O_PATH), dir_fd=here)
            finally:
                os.close(here)
            here = there
        return here


def _file_system(device: int) -> str:
    """The kind of the file system with this number: proc(5), /proc/pid/mountinfo."""
    number = f"{os.major(device)}:{os.minor(device)}"
    with suppress(OSError):
        for line in _MOUNTS.read_text().splitlines():
            mount, _, source = line.partition(" - ")
            if mount.split()[2] == number:
                return source.split()[0]
    return ""
