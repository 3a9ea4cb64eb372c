"""How clients tell exported file systems apart, and the root of the tree that NFSv4 shows them: exports(5), `fsid=`."""

from collections.abc import Iterator
from typing import Final

from controller.doctor.checks.tables import Grant, grants
from controller.doctor.findings import Finding, Level
from controller.doctor.observed import Observed
from policy.paths import split_path

_NAMELESS: Final = ("tmpfs", "ramfs", "overlay", "fuse", "nfs", "9p", "virtiofs", "ceph", "glusterfs")
"""Kinds of file systems, or what their names begin with, that lie on no device and have no UUID."""

_APPLY: Final = "then exportfs -ra."


def fsid_missing(observed: Observed) -> Iterator[Finding]:
    """A file system without an identity of its own is exported without one."""
    folders = {path: folder for table in observed.tables for path, folder in table.folders.items()}
    for where, folder, granted in _by_folder(observed):
        seen = folders.get(folder)
        if seen and seen.file_system.startswith(_NAMELESS) and all(grant.options.fsid is None for grant in granted):
            yield Finding(
                Level.ERROR,
                where,
                f"{folder} lies on {seen.file_system}, which has no UUID, and has no fsid.",
                "The server refuses to export it, or clients lose their mounts (ESTALE) when it restarts.",
                f"Add fsid=NUMBER, another for each export, or a UUID to its options; {_APPLY}",
            )


def two_roots(observed: Observed) -> Iterator[Finding]:
    """More than one export is the root of what NFSv4 clients see."""
    roots = _roots(observed)
    if len(roots) > 1:
        where, first = roots[0]
        others = ", ".join(folder for _, folder in roots[1:])
        yield Finding(
            Level.ERROR,
            where,
            f"fsid=0 is given to {first} and to {others}.",
            "There is one root of the tree that NFSv4 clients see; which it becomes depends on the order.",
            f"Leave fsid=0 out of all: the server then makes a root by itself, and every folder is mounted by its own "
            f"path; {_APPLY}",
        )


def outside_root(observed: Observed) -> Iterator[Finding]:
    """With an explicit root, other exports are not where NFSv4 clients look for them."""
    roots = _roots(observed)
    if len(roots) != 1:
        return
    _, root = roots[0]
    managed = {export.path: export for export in observed.policy.exports}
    for where, folder, _ in _by_folder(observed):
        if folder == root and folder not in managed:
            continue
        if folder == root:
            what = f"{folder} is export {managed[folder].name} of the policy, and NFSv4 clients find it at / only."
        elif split_path(folder)[: len(split_path(root))] == split_path(root):
            continue
        else:
            what = f"NFSv4 clients do not see {folder}: it is not below {root}, which has fsid=0."
        yield Finding(
            Level.WARNING,
            where,
            what,
            "With fsid=0 paths are looked up below that folder: mounts by the server's own paths fail with NFSv4, "
            "which is what clients try first.",
            f"Leave fsid=0 out: the server then makes a root by itself; {_APPLY}",
        )


def _roots(observed: Observed) -> list[tuple[str, str]]:
    return [
        (where, folder)
        for where, folder, granted in _by_folder(observed)
        if any(grant.options.is_root_of_all for grant in granted)
    ]


def _by_folder(observed: Observed) -> Iterator[tuple[str, str, list[Grant]]]:
    """Each exported folder, the first line that names it, and who gets what."""
    found: dict[str, list[Grant]] = {}
    for grant in grants(observed):
        found.setdefault(grant.folder, []).append(grant)
    return ((granted[0].where, folder, granted) for folder, granted in found.items())
