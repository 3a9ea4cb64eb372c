"""Looking at all that lies in one directory."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from controller.export.measuring.calls import MeasuringCalls
from controller.export.measuring.entries import Link, pack_link
from controller.export.measuring.sorting import Sorted

AT_ONCE: Final = 128
"""Entries that are looked at between two steps of a walk."""

GONE: Final = {errno.ENOENT, errno.ESTALE, errno.ENOTDIR, errno.ELOOP, errno.EXDEV, errno.ENXIO, errno.ENODEV}
"""What speaks against one entry: it is no more, no longer what it was, or a mount."""

DENIED: Final = {errno.EACCES, errno.EPERM}


@dataclass(slots=True)
class Contents:
    """What lies in a directory, as far as it has been looked at: blocks of 512 bytes and number of the files that have
    no other name, the latest time of change in nanoseconds, the links of those that have, the names of directories.
    """

    blocks: int = 0
    files: int = 0
    newest: int = 0
    links: Sorted = field(default_factory=Sorted)
    folders: Sorted = field(default_factory=Sorted)


def look(calls: MeasuringCalls, opened: int, device: int, contents: Contents) -> Iterator[int]:
    """Look at all in the open directory, which is on `device`; yields now and then how many entries were looked at
    since. What is on another device is a mount, and is not counted. Raises `OSError` of the export.
    """
    with calls.entries(opened) as entries:
        while some := tuple(islice(entries, AT_ONCE)):
            _look_at(some, device, contents)
            yield len(some)


def _look_at(entries: "tuple[os.DirEntry[str], ...]", device: int, contents: Contents) -> None:
    blocks, files, newest = 0, 0, contents.newest
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                contents.folders.add(os.fsencode(entry.name))
                continue
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            if error.errno not in GONE | DENIED:
                raise
            continue
        if status.st_dev != device:
            continue
        if status.st_ctime_ns > newest:  # noqa: PLR1730 # a million times: max() takes longer than the rest of this
            newest = status.st_ctime_ns
        if status.st_nlink > 1:
            contents.links.add(pack_link(Link(status.st_ino, status.st_blocks, status.st_nlink)))
        else:
            blocks += status.st_blocks
            files += 1
    contents.newest = newest
    contents.blocks += blocks
    contents.files += files
