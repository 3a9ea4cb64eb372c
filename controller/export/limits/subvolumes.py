"""btrfs subvolumes with limits: btrfs-subvolume(8), btrfs-qgroup(8). Each subvolume has a qgroup of its own, whose
number btrfs never gives again.
"""

import fcntl
import re
import struct
from collections.abc import Mapping
from typing import Final

from controller.export.limits.tools import ToolFailed, held, run_tool

ROOT_INODE: Final = 256
"""The inode number of every subvolume's root (BTRFS_FIRST_FREE_OBJECTID in linux/btrfs_tree.h), on btrfs of nothing
else."""

_LOOKUP: Final = struct.Struct("=QQ4080x")
_INO_LOOKUP: Final = 0xD0009412
"""BTRFS_IOC_INO_LOOKUP, linux/btrfs.h: subvolume, inode, and a path that does not matter here. Given 0 and the inode of
a root, it says which subvolume the open directory lies in."""

_LINE: Final = re.compile(r"^\s*0/(\d+)\s+(\d+)\s", re.MULTILINE)
"""`0/<subvolume>  <referenced> <exclusive> ...`"""


class SubvolumeTools:
    """The tools; all raise `ToolFailed`."""

    def keeps_limits(self, directory: int) -> bool:
        """Whether the file system counts at all: `btrfs quota enable`."""
        try:
            self._qgroup("show", "--raw", directory=directory)
        except ToolFailed as failed:
            if "not enabled" in str(failed):
                return False
            raise
        return True

    def make(self, parent: int, name: str) -> None:
        """Make an empty subvolume, mode 0755."""
        run_tool(["btrfs", "-q", "subvolume", "create", f"{held(parent)}/{name}"], parent)

    def set_limit(self, subvolume: int, limit: int | None) -> None:
        """Have a subvolume refer to no more than so many bytes; None: to as many as there are."""
        self._qgroup("limit", "none" if limit is None else str(limit), directory=subvolume)

    def used(self, directory: int) -> Mapping[int, int]:
        """How many bytes each subvolume of the file system refers to, by their numbers: those that it shares with
        others included, those of subvolumes inside not. btrfs writes it down when it commits, every 30 s unless it is
        mounted otherwise. A btrfs that has lost count complains, and that is raised.
        """
        return parse_used(run_tool(["btrfs", "qgroup", "show", "--raw", held(directory)], directory, quiet=True))

    def number_of(self, subvolume: int) -> int:
        """The number of an open subvolume, by which it is known for ever. No O_PATH; raises `OSError`."""
        answer = bytearray(_LOOKUP.pack(0, ROOT_INODE))
        fcntl.ioctl(subvolume, _INO_LOOKUP, answer)
        number, _ = _LOOKUP.unpack(answer)
        return int(number)

    def remove(self, parent: int, name: str) -> None:
        """Remove a subvolume with all that is in it, but no subvolumes inside."""
        run_tool(["btrfs", "-q", "subvolume", "delete", f"{held(parent)}/{name}"], parent)

    def forget_removed(self, directory: int) -> None:
        """Have the qgroups of subvolumes go that are gone. A file system still at the removal keeps some for later."""
        self._qgroup("clear-stale", directory=directory)

    def _qgroup(self, command: str, *arguments: str, directory: int) -> str:
        return run_tool(["btrfs", "qgroup", command, *arguments, held(directory)], directory)


def parse_used(report: str) -> Mapping[int, int]:
    """Read what `qgroup show --raw` prints: a line for each qgroup, below two lines of a heading."""
    return {int(number): int(referenced) for number, referenced in _LINE.findall(report)}
