"""Project quotas, as XFS and ext4 have them: a directory has a number, whatever is made in it gets the same, and a
limit holds for all that has that number. The tools are those of XFS, which serve ext4 as well: xfs_io(8), xfs_quota(8).
"""

import errno
import fcntl
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from controller.export.limits.mounts import Mount, have_device
from controller.export.limits.tools import held, run_tool

_FSXATTR: Final = struct.Struct("=IIIII8x")
_GET_FSXATTR: Final = 0x801C581F
"""FS_IOC_FSGETXATTR, ioctl_xfs_fsgetxattr(2): flags, extent size, extents, project, and what does not matter here."""
_INHERIT: Final = 0x200
"""FS_XFLAG_PROJINHERIT: what is made in the directory belongs to its project."""
_KNOWS_NONE: Final = frozenset({errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL})
_BLOCK: Final = 1024
_LINE: Final = re.compile(r"#(\d+)\s+(\d+)\s+\d+\s+(\d+)\s+\d+ \[.*?\]\s+(\d+)\s")
"""`#<project>  <used> <soft> <hard>  <warnings> [<grace>]  <files> ...`"""


@dataclass(frozen=True, slots=True)
class Usage:
    """What belongs to a project: bytes that are allocated, files and directories; the limit in bytes, 0 for none."""

    bytes: int
    files: int
    limit: int


NOTHING: Final = Usage(0, 0, 0)


class ProjectTools:
    """The tools; all raise `ToolFailed`, and `OSError` of the export."""

    def project_of(self, directory: int) -> int:
        """The project of an open directory that hands it down; 0 where it has none. No O_PATH."""
        try:
            answer = fcntl.ioctl(directory, _GET_FSXATTR, bytes(_FSXATTR.size))
        except OSError as error:
            if error.errno not in _KNOWS_NONE:
                raise
            return 0
        flags, _, _, project, _ = _FSXATTR.unpack(answer)
        return int(project) if flags & _INHERIT else 0

    def give(self, directory: int, project: int) -> None:
        """Have a directory belong to a project, and what will be made in it."""
        commands = (f"chproj {project}", "chattr +P")
        run_tool(["xfs_io", "-r", *_each(commands), held(directory)], directory, quiet=True)

    def set_limit(self, mount: Mount, project: int, limit: int) -> None:
        """Have a project take no more than so many bytes; 0: as many as there are."""
        have_device(mount)
        self._quota(mount, f"limit -p bhard={-(-limit // _BLOCK)}k {project}")

    def usages(self, mount: Mount) -> Mapping[int, Usage]:
        """What belongs to each project that has something, or a limit."""
        have_device(mount)
        return parse_report(self._quota(mount, "report -p -N -n -b -i"))

    def _quota(self, mount: Mount, command: str) -> str:
        """-f: ext4, too."""
        return run_tool(["xfs_quota", "-x", "-f", *_each((command,)), mount.point], quiet=True)


def parse_report(report: str) -> Mapping[int, Usage]:
    """Read what `report -p -N -n -b -i` prints: a line for each project, sizes in blocks of 1 KiB."""
    lines = (_LINE.match(line) for line in report.splitlines())
    found = ([int(figure) for figure in line.groups()] for line in lines if line)
    return {project: Usage(used * _BLOCK, files, limit * _BLOCK) for project, used, limit, files in found}


def _each(commands: tuple[str, ...]) -> list[str]:
    return [part for command in commands for part in ("-c", command)]
