"""What the server exports: a line of its export table, and the file system behind it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ANONYMOUS: Final = 65534
"""The uid and gid that squashed users get, exports(5)."""

_IMAGE_SIZE: Final = "400M"  # mkfs.xfs wants 300 MB at least; the files are sparse


class FileSystem(StrEnum):
    """What an export lies on. All can be exported by handle. ext4 and XFS hold projects to limits, btrfs subvolumes."""

    PLAIN = "plain"
    """ext4, and no quotas."""
    EXT4 = "ext4"
    XFS = "xfs"
    BTRFS = "btrfs"


_MAKE: Final = {
    FileSystem.PLAIN: "mkfs.ext4 -q",
    FileSystem.EXT4: "mkfs.ext4 -q -O quota,project -E quotatype=prjquota",
    FileSystem.XFS: "mkfs.xfs -q",
    FileSystem.BTRFS: "mkfs.btrfs -q",
}
_MOUNT_OPTIONS: Final = {FileSystem.EXT4: "loop,prjquota", FileSystem.XFS: "loop,prjquota"}
_ONCE_MOUNTED: Final = {FileSystem.BTRFS: ("btrfs quota enable",)}


@dataclass(frozen=True, slots=True)
class ServedExport:
    """A folder that the server exports. `root` is both the path that clients mount and where it lies on the server.

    `clients` and `options` are as exports(5) has them; by default those of many a tutorial. `mode` and `owner` (uid and
    gid) are the folder's own.
    """

    root: str
    file_system: FileSystem = FileSystem.PLAIN
    options: str = "rw,no_root_squash,sync"
    clients: str = "*"
    mode: int = 0o777
    owner: tuple[int, int] = (0, 0)

    def line(self) -> str:
        """Its line of /etc/exports."""
        return f"{self.root} {self.clients}({self.options})"

    def making(self) -> str:
        """The shell commands that make the file system, an image in a file, and the folder on it."""
        image = f"/var/images/{self.root.strip('/').replace('/', '-')}"
        uid, gid = self.owner
        steps = (
            f"mkdir -p /var/images {self.root}",
            f"truncate -s {_IMAGE_SIZE} {image}",
            f"{_MAKE[self.file_system]} {image}",
            f"mount -o {_MOUNT_OPTIONS.get(self.file_system, 'loop')} {image} {self.root}",
            *(f"{command} {self.root}" for command in _ONCE_MOUNTED.get(self.file_system, ())),
            f"chown {uid}:{gid} {self.root}",
            f"chmod {self.mode:o} {self.root}",
        )
        return " && ".join(steps)
