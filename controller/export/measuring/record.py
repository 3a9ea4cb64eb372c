"""The record of a volume: what was seen of each of its directories when it was last looked at, in the order of a walk.

A walk goes from a directory to the first of those in it, by the bytes of their names, and on to the next when it has
been through all below that. So the record of the last walk can be read beside the next one, however large both are.
"""

from collections.abc import Callable, Iterator
from functools import partial

from controller.export.measuring.entries import Entry, Folder, Links


class Cursor:
    """Reads a record beside a walk, never back. The links of directories that the walk does not ask for are given to
    `passed`.
    """

    def __init__(self, entries: Iterator[Entry], passed: Callable[[Links], None]) -> None:
        self._entries = entries
        self._passed = passed
        self._next: Entry | None = next(entries, None)

    def find(self, depth: int, name: bytes) -> Folder | None:
        """The directory of that name, in the one where the walk is; what comes before it in the record is gone."""
        while (entry := self._next) is not None:
            if isinstance(entry, Folder) and (entry.depth, name) <= (depth, entry.name):
                break
            self._pass()
        if not isinstance(entry, Folder) or (entry.depth, entry.name) != (depth, name):
            return None
        self._next = next(self._entries, None)
        return entry

    def links(self) -> Iterator[Links]:
        """The links in the directory that was found last, if they are asked for at once."""
        while self._next is not None and not isinstance(self._next, Folder):
            links = self._next
            self._next = next(self._entries, None)
            yield links

    def folders(self, depth: int) -> Iterator[bytes]:
        """The names of the directories in the one that was found last; each has to be found before the next."""
        return iter(partial(self._next_folder, depth), None)

    def finish(self) -> None:
        """The walk is over: what is left of the record is gone."""
        while self._next is not None:
            self._pass()

    def _next_folder(self, depth: int) -> bytes | None:
        while (entry := self._next) is not None:
            if isinstance(entry, Folder) and entry.depth <= depth:
                return entry.name if entry.depth == depth else None
            self._pass()
        return None

    def _pass(self) -> None:
        if self._next is not None and not isinstance(self._next, Folder):
            self._passed(self._next)
        self._next = next(self._entries, None)
