"""Which file systems can be exported by a user-space NFS server.

It opens files by handle (name_to_handle_at(2)). An overlay, as a container has for its root, gives no lasting handles.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

WITH_HANDLES: Final = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs"})
_MOUNTINFO: Final = Path("/proc/self/mountinfo")


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of proc(5)'s mountinfo: where it is mounted, and the type of the file system."""

    point: str
    type: str


def parse_mountinfo(text: str) -> list[Mount]:
    """Read proc(5)'s `/proc/PID/mountinfo`, oldest mount first."""
    mounts = []
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        point = before.split()[4]
        for escaped, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
            point = point.replace(escaped, character)
        mounts.append(Mount(point, after.split()[0]))
    return mounts


def type_at(path: Path, mounts: list[Mount]) -> str:
    """The type of the file system that holds an absolute path: of the innermost mount, and there the newest."""
    holding = [mount for mount in mounts if path.is_relative_to(mount.point)]
    innermost = max((len(Path(mount.point).parts) for mount in holding), default=0)
    return next((mount.type for mount in reversed(holding) if len(Path(mount.point).parts) == innermost), "unknown")


def has_handles(path: Path) -> bool:
    """Whether an existing folder lies on a file system whose files can be opened by handle."""
    return type_at(path.resolve(), parse_mountinfo(_MOUNTINFO.read_text())) in WITH_HANDLES
