"""btrfs subvolumes with limits: btrfs-subvolume(8), btrfs-qgroup(8). Each subvolume has a qgroup of its own, whose
number btrfs never gives again.
"""

import re
from typing import Final

from controller.export.limits.tools import ToolFailed, held, run_tool

ROOT_INODE: Final = 256
"""The inode number of every subvolume's root (BTRFS_FIRST_FREE_OBJECTID in linux/btrfs_tree.h), on btrfs of nothing
else."""

_LINE: Final = re.compile(r"\s*0/(\d+)\s+(\d+)\s+(\d+)\s")
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

    def used(self, subvolume: int) -> int:
        """How many bytes a subvolume refers to, those that it shares with others included."""
        report = self._qgroup("show", "--raw", "-f", directory=subvolume)
        found = [line for line in map(_LINE.match, report.splitlines()) if line]
        if not found:
            raise ToolFailed("btrfs qgroup show says nothing of the subvolume")
        return int(found[0][2])

    def number_of(self, subvolume: int) -> str:
        """The number of a subvolume, by which it is known for ever."""
        return run_tool(["btrfs", "inspect-internal", "rootid", held(subvolume)], subvolume).strip()

    def remove(self, parent: int, name: str) -> None:
        """Remove a subvolume with all that is in it, but no subvolumes inside."""
        run_tool(["btrfs", "-q", "subvolume", "delete", f"{held(parent)}/{name}"], parent)

    def forget_removed(self, directory: int) -> None:
        """Have the qgroups of subvolumes go that are gone. A file system still at the removal keeps some for later."""
        self._qgroup("clear-stale", directory=directory)

    def _qgroup(self, command: str, *arguments: str, directory: int) -> str:
        return run_tool(["btrfs", "qgroup", command, *arguments, held(directory)], directory)
