"""Emptying a container of our own, flat, however deep or wide what lies in it is.

A directory in the container is emptied: its files are unlinked, and its directories are not entered but moved up into
the container, to be emptied in their turn. So no path is ever followed downwards and none back up: nothing that is
swapped or moved away meanwhile can lead elsewhere, depth costs neither memory nor file descriptors, and rename(2)
itself refuses to bring in a mount point. All that is left at any moment lies in the container.
"""

import errno
import secrets
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from controller.export.failures import describe
from controller.export.jobs import Progress
from controller.export.operations import ExportOperations
from controller.export.visit import PlaceRefused
from policy.errors import StewardError

if TYPE_CHECKING:
    import os

_STAYS: Final = {errno.EPERM, errno.EACCES, errno.EBUSY, errno.EXDEV, errno.EMLINK, errno.ENOTEMPTY, errno.EEXIST}
"""What speaks against one entry and not against the export: it stays, and the rest goes."""

_ALL_OURS: Final = 0o700
_KEPT_IN_MIND: Final = 10_000
_SHOWN: Final = 3
_COUNTED_AT_ONCE: Final = 32
_NOT_EMPTY: Final = {errno.ENOTEMPTY, errno.EEXIST}


RemoveWhole: TypeAlias = Callable[[int, str], bool]
"""Removes a directory, by the container that it is in and its name, with all that is in it, if it is one that goes at
once: whether it has. Raises `PlaceRefused` where it would have to but stays, and `OSError` of the entry or the export.
"""


class TurnIsOver(StewardError):
    """Other jobs of its kind wait: what is left is found in the next turn."""


@dataclass(slots=True)
class Staying:
    """What could not be removed: how many entries, and of the first few where they are and why."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def note(self, place: str, error: OSError) -> None:
        """One more stays; raises what speaks against the export as a whole."""
        if error.errno not in _STAYS:
            raise error
        self.keep(place, describe(error))

    def keep(self, place: str, why: str) -> None:
        """One more stays, as `why` says."""
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append(f"{place!r} stays ({why})")

    def add(self, other: "Staying") -> None:
        """Those of `other` stay as well."""
        self.count += other.count
        self.first = (self.first + other.first)[:_SHOWN]

    def clauses(self) -> tuple[str, ...]:
        """What to tell of it."""
        more = self.count - len(self.first)
        return (*self.first, f"{more} more stay") if more else tuple(self.first)


class Emptying:
    """One pass over the container that is open (listable) as `container`, and called `place`. Raises `OSError` of the
    export, `TurnIsOver`, and `Interrupted`.
    """

    def __init__(
        self,
        operations: ExportOperations,
        container: int,
        place: str,
        progress: Progress,
        remove_whole: RemoveWhole | None = None,
    ) -> None:
        self._remove_whole = remove_whole
        self._place = place
        self.staying = Staying()
        self.changes = 0
        self._operations = operations
        self._container = container
        self._progress = progress
        self._token = secrets.token_hex(8)
        self._lifted = 0
        self._uncounted = 0
        # The latest that were moved up; those that it forgets are found by the next pass.
        self._pending: deque[str] = deque(maxlen=_KEPT_IN_MIND)

    def run(self) -> None:
        """Remove all that lets itself be removed. `changes` says afterwards whether there is reason for another pass,
        `staying` what this one left.
        """
        with suppress(FileNotFoundError), self._operations.entries(self._container) as entries:
            for entry in entries:
                self._pending.append(entry.name)
                while self._pending:
                    self._remove(self._pending.pop())
        self._count()

    def _remove(self, name: str) -> None:
        """Remove an entry of the container, with all that is in it."""
        try:
            self._remove_directory(name)
        except FileNotFoundError:
            return  # somebody else was faster
        except PlaceRefused as refused:
            self.staying.keep(f"{self._place}/{name}", str(refused))
        except OSError as error:
            self.staying.note(f"{self._place}/{name}", error)

    def _remove_directory(self, name: str) -> None:
        if self._remove_whole and self._remove_whole(self._container, name):
            self._removed()
            return
        try:
            directory = self._open(name)
        except OSError as error:
            if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                raise
            self._operations.remove_file(self._container, name)
            self._removed()
            return
        try:
            self._empty(directory, name)
        finally:
            self._operations.close(directory)

    def _open(self, name: str) -> int:
        try:
            return self._operations.open_listable(self._container, name)
        except PermissionError:
            self._unlock(self._container, name)
            return self._operations.open_listable(self._container, name)

    def _empty(self, directory: int, name: str) -> None:
        """Sweep an open directory of the container until it can go, or nothing in it moves any more."""
        while True:
            before, staying = self.changes, Staying()
            self._sweep(directory, name, staying)
            try:
                self._operations.remove_directory(self._container, name)
            except OSError as error:
                if error.errno not in _NOT_EMPTY:
                    raise
                if self.changes == before:
                    self.staying.add(staying)
                    return
            else:
                self._removed()
                return

    def _sweep(self, directory: int, name: str, staying: Staying) -> None:
        """Take every entry out of an open directory of the container."""
        remove_file, removed = self._operations.remove_file, self._removed  # a million of them may follow
        with suppress(FileNotFoundError), self._operations.entries(directory) as entries:
            for entry in entries:
                try:
                    if entry.is_dir(follow_symlinks=False):
                        self._take_out_directory(directory, entry.name)
                    else:
                        remove_file(directory, entry.name)
                        removed()
                except FileNotFoundError:
                    continue  # somebody else was faster
                except (IsADirectoryError, NotADirectoryError):
                    self.changes += 1  # it was swapped since it was listed: the next sweep sees what it is
                except PermissionError:
                    self._insist(directory, name, entry, staying)
                except OSError as error:
                    staying.note(f"{self._place}/{name}/{entry.name}", error)

    def _take_out_directory(self, directory: int, name: str) -> None:
        """Remove a directory that is empty, move up one that is not."""
        try:
            self._operations.remove_directory(directory, name)
        except OSError as error:
            if error.errno not in _NOT_EMPTY:
                raise
            self._lifted += 1
            lifted = f"{self._token}-{self._lifted:x}"
            self._operations.move(directory, name, self._container, lifted)
            self.changes += 1
            self._pending.append(lifted)
        else:
            self._removed()

    def _insist(self, directory: int, name: str, entry: "os.DirEntry[str]", staying: Staying) -> None:
        """Try once more after giving ourselves all rights: directories may be closed to their own owner, as those of a
        Go module cache are.
        """
        try:
            with suppress(PermissionError):
                self._operations.set_mode(directory, _ALL_OURS)
            if entry.is_dir(follow_symlinks=False):
                self._unlock(directory, entry.name)
                self._take_out_directory(directory, entry.name)
            else:
                self._operations.remove_file(directory, entry.name)
                self._removed()
        except FileNotFoundError:
            return
        except OSError as error:
            staying.note(f"{self._place}/{name}/{entry.name}", error)

    def _removed(self) -> None:
        self.changes += 1
        self._uncounted += 1
        if self._uncounted == _COUNTED_AT_ONCE:
            self._count()
            if self._progress.turn_is_over:
                raise TurnIsOver("others wait")

    def _count(self) -> None:
        counted, self._uncounted = self._uncounted, 0
        self._progress.advance(counted)

    def _unlock(self, parent: int, name: str) -> None:
        directory = self._operations.open_child(parent, name)
        try:
            with suppress(PermissionError):
                self._operations.unlock(directory)
        finally:
            self._operations.close(directory)
