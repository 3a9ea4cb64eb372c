"""Files with several names, of which each counts once in a volume."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby
from operator import itemgetter
from typing import Final

from controller.export.measuring.entries import Link
from controller.export.measuring.sorting import Sorted


class How(IntEnum):
    """How a link is known: it was there when its directory was last looked at and should be gone (`PAST`), is still
    taken to be there (`KEPT`), or was seen just now (`SEEN`).
    """

    PAST = 0
    KEPT = 1
    SEEN = 2


_KNOWN: Final = struct.Struct(">QBqQI")
"""Inode first, so that the links of one file come together when they are sorted."""


@dataclass(frozen=True, slots=True)
class LinkedFiles:
    """Blocks, of 512 bytes, and number of the files with several names.

    `surprising`: one of them has turned up that had a single name so far, or none. Its other name may be in a directory
    that has not been looked at again, since a new name of a file leaves the directories of its old ones as they are.
    """

    blocks: int = 0
    files: int = 0
    surprising: bool = False


class LinkTally:
    """The links of one volume; memory does not grow with them."""

    def __init__(self) -> None:
        self._known = Sorted()

    def add(self, links: Iterable[Link], looked: int, how: How) -> None:
        """Some links, as they were when their directory was looked at."""
        for inode, blocks, names in links:
            self._known.add(_KNOWN.pack(inode, how, looked, blocks, names))

    def total(self) -> LinkedFiles:
        """All of them together, each file as it was seen last."""
        blocks = files = 0
        surprising = False
        for _, known in groupby(map(_KNOWN.unpack, self._known), key=itemgetter(0)):
            file = _gathered(known)
            blocks += file.blocks
            files += bool(file.here)
            surprising = surprising or file.is_surprising
        return LinkedFiles(blocks, files, surprising)


@dataclass(slots=True)
class _File:
    """What is known of one file: how many of its names are `here`, and how many it has by those seen just now."""

    blocks: int = 0
    looked: int = 0
    here: int = 0
    names: int = 0
    expected: bool = False

    @property
    def is_surprising(self) -> bool:
        return not self.expected and self.names > self.here


def _gathered(known: Iterable[tuple[int, ...]]) -> _File:
    file = _File()
    for _, how, looked, blocks, names in known:
        if how == How.SEEN:
            file.names = max(file.names, names)
        else:
            file.expected = True
        if how == How.PAST:
            continue
        file.here += 1
        if looked >= file.looked:
            file.looked, file.blocks = looked, blocks
    return file
