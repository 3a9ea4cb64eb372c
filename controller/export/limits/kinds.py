"""How a directory is held to a size: by a project's number, or by being a subvolume."""

import threading
from collections.abc import Callable, Iterable
from typing import Final

from controller.export.limits import ids
from controller.export.limits.mounts import Mount, mount_of, why_not
from controller.export.limits.projects import NOTHING, ProjectTools
from controller.export.limits.subvolumes import ROOT_INODE, SubvolumeTools
from controller.export.requests import Limit
from controller.export.visit import PlaceRefused, Visit
from policy.exports import Segments
from policy.parameters import QuotaKind

_PROJECTS: Final = ProjectTools()
_SUBVOLUMES: Final = SubvolumeTools()
_COUNTED_ALREADY: Final = "there is something in it already, which no limit would count: move that elsewhere"


class Limiting:
    """Holds open directories to sizes. All that it does raises `OSError` and `ToolFailed`, and `PlaceRefused` with the
    reason where the file system cannot, or the directory is not fit.
    """

    def __init__(
        self,
        projects: ProjectTools = _PROJECTS,
        subvolumes: SubvolumeTools = _SUBVOLUMES,
        mount_of: Callable[[int], Mount] = mount_of,
    ) -> None:
        self.projects = projects
        self.subvolumes = subvolumes
        self.mount_of = mount_of
        self._numbering = threading.Lock()

    def check(self, visit: Visit, quota: QuotaKind) -> Mount:
        """The mount of an export that can keep limits of this kind."""
        mount = self.mount_of(visit.root)
        why = why_not(quota, mount)
        if why is None and quota is QuotaKind.BTRFS and not self.subvolumes.keeps_limits(visit.root):
            why = f"btrfs without quotas (btrfs quota enable {mount.point})"
        if why is not None:
            raise PlaceRefused(f"quota: {quota} cannot be had on this export: {why}")
        return mount

    def begin(self, visit: Visit, directory: int, limit: Limit) -> None:
        """Have all that will be made in an open directory count for the limit."""
        if limit.quota is QuotaKind.PROJECT:
            with self._numbering:
                self._number_of(visit, directory, limit)

    def hold(self, visit: Visit, directory: int, limit: Limit) -> None:
        """Have an open directory take no more than the limit: a new one, or one that was limited before."""
        if limit.quota is QuotaKind.PROJECT:
            with self._numbering:
                number = self._number_of(visit, directory, limit)
                self.projects.set_limit(self.mount_of(visit.root), number, limit.bytes)
        elif visit.operations.status(directory).st_ino == ROOT_INODE:
            self.subvolumes.set_limit(directory, limit.bytes)
        else:
            raise PlaceRefused("it is no subvolume, and btrfs limits nothing else: move it elsewhere")

    def let_go(self, visit: Visit, directory: int) -> None:
        """Have an open directory take as much as there is, if it had a limit of ours."""
        mount = self.mount_of(visit.root)
        if mount.kind == "btrfs" and visit.operations.status(directory).st_ino == ROOT_INODE:
            if self.subvolumes.keeps_limits(directory):
                self.subvolumes.set_limit(directory, None)
            return
        number = self.projects.project_of(directory)
        if number and ids.is_ours(visit, number):
            self.projects.set_limit(mount, number, 0)

    def give_back(self, visit: Visit, numbers: Iterable[int]) -> None:
        """Have project numbers be free again. The limit goes first: a number is nobody's only once nothing holds for
        it.
        """
        mount = self.mount_of(visit.root)
        for number in numbers:
            self.projects.set_limit(mount, number, 0)
            ids.give_back(visit, number)

    def give_back_unused(self, visit: Visit, numbers: Iterable[int]) -> None:
        """Have those of the numbers be free again for which nothing counts. Nobody makes a directory with a number of
        his own meanwhile.
        """
        with self._numbering:
            candidates = list(numbers)
            usages = self.projects.usages(self.mount_of(visit.root)) if candidates else {}
            self.give_back(visit, [each for each in candidates if not usages.get(each, NOTHING).files])

    def own_project(self, visit: Visit, place: Segments) -> int:
        """The project of a directory that we have given to it and to no directory above, so that what it counts is
        what lies in that one; 0: none, somebody else's, or one that it has from above.
        """
        number = self.handed_down(visit, place) if place else 0
        ours = number and ids.is_ours(visit, number) and self.handed_down(visit, place[:-1]) != number
        return number if ours else 0

    def handed_down(self, visit: Visit, place: Segments) -> int:
        """The project of what will be made in a directory; 0 where it has none, or is not there."""
        found = visit.find(place)
        return 0 if found is None else self.projects.project_of(visit.hold(visit.operations.reopen(found)))

    def check_hands_down_none(self, visit: Visit, place: Segments) -> None:
        """Raises `PlaceRefused` for a directory whose own project would be that of what is made in it: nothing of
        another project can be moved there (EXDEV), and back.
        """
        number = self.handed_down(visit, place)
        if number:
            where = "/".join(place) or "the export's root"
            raise PlaceRefused(f"{where} belongs to project {number}, and hands that down to all that is made in it")

    def _number_of(self, visit: Visit, directory: int, limit: Limit) -> int:
        number = self.projects.project_of(directory)
        if number and ids.is_ours(visit, number):
            return number
        if number:
            raise PlaceRefused(f"it belongs to project {number}, which nfs-steward has not given")
        if not visit.operations.is_empty(directory):
            raise PlaceRefused(_COUNTED_ALREADY)
        number = ids.take(visit, limit.holder, self.projects.usages(self.mount_of(visit.root)))
        self.projects.give(directory, number)
        return number
