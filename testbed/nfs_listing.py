"""What lies on the export as NFS shows it, not as the machine's own file system does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from testbed.commands import run
from testbed.export import NfsExport

# `nfs-ls -R` prints: mode, links, uid, gid, size, path below the export.
_LINE = re.compile(r"^([-dlpsbc])([-rwxsStT]{9})\s+\d+\s+(\d+)\s+(\d+)\s+(\d+)\s+(.+)$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or directory: its path below the export's root, kind (`d`, `-`, `l`), permissions as `rwxr-x---`,
    owner, group, and size in bytes.
    """

    path: str
    kind: str
    permissions: str
    uid: int
    gid: int
    size: int


def parse_listing(text: str) -> Iterator[Entry]:
    """Read what `nfs-ls -R` prints."""
    for line in text.splitlines():
        if found := _LINE.match(line):
            kind, permissions, uid, gid, size, path = found.groups()
            yield Entry(path.strip("/"), kind, permissions, int(uid), int(gid), int(size))


def nfs_listing(export: NfsExport, path: str = "") -> list[Entry]:
    """Everything below a directory of the export, by path; raises `CommandFailed` where there is no such directory."""
    packages = export.packages
    said = run([packages.program("nfs-ls"), "-R", export.url(path)], env=packages.env(), timeout=30)
    return sorted(parse_listing(said), key=lambda entry: entry.path)


def nfs_read(export: NfsExport, path: str) -> str:
    """The content of a file of the export; raises `CommandFailed` where there is none."""
    packages = export.packages
    return run([packages.program("nfs-cat"), export.url(path)], env=packages.env(), timeout=30)
