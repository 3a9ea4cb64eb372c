"""Project quotas in memory, on any file system: which directory has which number, and which number has which limit."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from controller.export.limits.kinds import Limiting
from controller.export.limits.mounts import Mount
from controller.export.limits.projects import ProjectTools, Usage

XFS = Mount("/exports/main", "xfs", "/dev/sdb1", frozenset({"rw", "prjquota"}), os.makedev(8, 17))


class RememberedProjects(ProjectTools):
    """A number belongs to the directories below `root` that it was given to, for as long as they are there."""

    def __init__(self, root: Path, live: Callable[[], None] = lambda: None) -> None:
        """`live` is called before anything is changed. `counted` may say otherwise of what belongs to a number."""
        self.root = root
        self.live = live
        self.numbers: dict[int, int] = {}
        self.limits: dict[int, int] = {}
        self.counted: dict[int, Usage] = {}

    def project_of(self, directory: int) -> int:
        return self.numbers.get(os.fstat(directory).st_ino, 0)

    def give(self, directory: int, project: int) -> None:
        self.live()
        self.numbers[os.fstat(directory).st_ino] = project

    def set_limit(self, mount: Mount, project: int, limit: int) -> None:
        assert mount == XFS
        self.live()
        self.limits[project] = limit

    def forget_removed(self) -> None:
        """Before another directory gets the inode of one that is gone."""
        there = {path.stat().st_ino for path in self.root.rglob("*")}
        self.numbers = {inode: number for inode, number in self.numbers.items() if inode in there}

    def usages(self, mount: Mount) -> Mapping[int, Usage]:
        assert mount == XFS
        self.forget_removed()
        counted = list(self.numbers.values())
        known = {*counted, *self.limits}
        found = {each: Usage(0, counted.count(each), self.limits.get(each, 0)) for each in known}
        return found | self.counted


def limiting(projects: ProjectTools) -> Limiting:
    """As on an XFS that keeps limits."""
    return Limiting(projects, mount_of=lambda _: XFS)
