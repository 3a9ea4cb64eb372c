"""What file system an export lies on, and whether it can keep limits as it is mounted: proc(5), /proc/pid/mountinfo."""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from policy.errors import StewardError
from policy.parameters import QuotaKind

_MOUNTS: Final = Path("/proc/self/mountinfo")
_ENFORCING: Final = frozenset({"prjquota", "pquota"})
"""The mount option by which project quotas are kept, in the spellings that kernels show: ext4(5), xfs(5)."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A mount: where it is, the kind of its file system and the options of that, its device by name and by number."""

    point: str
    kind: str
    source: str
    options: frozenset[str]
    device: int


class MountUnknown(StewardError):
    """A directory's mount is not in the list of mounts: it was taken away."""


def mount_of(opened: int) -> Mount:
    """The mount by which an open directory was reached; raises `MountUnknown` and `OSError`."""
    lines = Path(f"/proc/self/fdinfo/{opened}").read_text().splitlines()
    number = next((line.split()[1] for line in lines if line.startswith("mnt_id:")), "")
    return parse_mount(_MOUNTS.read_text(), number)


def parse_mount(mountinfo: str, number: str) -> Mount:
    """The mount of that id; raises `MountUnknown`."""
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields, (kind, source, options) = before.split(), after.split(" ", 2)
        if fields[0] == number:
            major, _, minor = fields[2].partition(":")
            return Mount(
                point=_unescaped(fields[4]),
                kind=kind,
                source=_unescaped(source),
                options=frozenset(options.split(",")),
                device=os.makedev(int(major), int(minor)),
            )
    raise MountUnknown("the mount that the export is reached by is gone")


def why_not(quota: QuotaKind, mount: Mount) -> str | None:
    """Why a file system cannot keep limits of that kind, as a clause; None where nothing is known to be against it."""
    match quota, mount.kind:
        case QuotaKind.NONE, _:
            return None
        case QuotaKind.PROJECT, "xfs" | "ext4":
            return None if mount.options & _ENFORCING else f"{mount.kind} mounted without prjquota{_HOW[mount.kind]}"
        case QuotaKind.BTRFS, "btrfs":
            return None
        case QuotaKind.PROJECT, "btrfs":
            return "btrfs has no project quotas: quota: btrfs is its kind"
        case QuotaKind.BTRFS, "xfs" | "ext4":
            return f"{mount.kind} is no btrfs: quota: project is its kind"
        case _:
            return f"{mount.kind} has no quotas for directories"


_HOW: Final = {
    "xfs": " (XFS takes that option when it is mounted, not on a remount)",
    "ext4": " (an ext4 without the project feature cannot be: tune2fs -O project,quota -Q prjquota)",
}


def have_device(mount: Mount) -> None:
    """Have the device of a mount under its name, by which quotactl(2) is told which file system is meant. It is not
    opened, and in a container could not be. Raises `OSError`.
    """
    device = Path(mount.source)
    if not device.is_absolute():
        return
    with suppress(FileExistsError):
        device.parent.mkdir(parents=True, exist_ok=True)
        os.mknod(device, stat.S_IFBLK | stat.S_IRUSR | stat.S_IWUSR, mount.device)


def _unescaped(text: str) -> str:
    """Undo what proc(5) does to blanks in names."""
    return text.encode("latin-1", "backslashreplace").decode("unicode_escape") if "\\" in text else text
