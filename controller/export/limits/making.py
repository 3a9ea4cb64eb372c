"""Making a directory with a limit: the limit is there before anybody can write, and before anything says it is made."""

import errno
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.export.area import Folder, made_folder
from controller.export.changing import change_directory
from controller.export.finish import give, state_of
from controller.export.limits.kinds import Limiting
from controller.export.limits.tools import ToolFailed
from controller.export.operations import ExportOperations
from controller.export.outcomes import Blocked, Disturbed, Existed, ExportState, Made, Outcome, Unavailable
from controller.export.requests import Limit, MakeDirectory
from controller.export.visit import PlaceRefused, Visit, answer, check_place, visiting
from controller.export.walk import make_directory, passage
from policy.ownership import Ownership
from policy.parameters import QuotaKind
from policy.paths import RESERVED, check_segment

_NEW: Final = "new"
_TAKEN: Final = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}


@dataclass(frozen=True, slots=True)
class LimitedMaking:
    """Makes directories with limits on the export at `root`."""

    operations: ExportOperations
    root: Path
    limiting: Limiting

    def make(self, request: MakeDirectory, limit: Limit) -> Outcome:
        """See `requests.MakeDirectory`."""
        if limit.quota is QuotaKind.BTRFS:
            return answer(self.operations, self.root, lambda visit: self._make_subvolume(visit, request, limit))
        return refusals_told(lambda: self._make_in_project(request, limit))

    def _make_in_project(self, request: MakeDirectory, limit: Limit) -> Outcome:
        """Nobody can enter a new directory before it has its own mode, and it gets that last of all."""

        def prepare(directory: int) -> None:
            with visiting(self.operations, self.root) as visit:
                self.limiting.check(visit, limit.quota)
                for place in (request.segments[:-1], (RESERVED,)):
                    self.limiting.check_hands_down_none(visit, place)
                self.limiting.hold(visit, visit.hold(self.operations.reopen(directory)), limit)

        change = request.change_existing
        return make_directory(
            self.operations, self.root, request.segments, request.wish, prepare, change_existing=change
        )

    def _make_subvolume(self, visit: Visit, request: MakeDirectory, limit: Limit) -> Outcome:
        self.limiting.check(visit, limit.quota)
        *above, name = (*request.segments[:-1], check_place(request.segments))
        if above:
            made = make_directory(self.operations, self.root, tuple(above), passage(request.wish))
            if not isinstance(made, Made | Existed):
                return made
        parent = visit.find(tuple(above))
        if parent is None:
            return Disturbed(f"the directory that {name!r} goes into disappears")
        if visit.has(parent, name):
            there = visit.enter(parent, name)
            self.limiting.hold(visit, there, limit)
            if request.change_existing:
                return change_directory(self.operations, there, request.wish)
            return Existed(state_of(self.operations.status(there)))
        return self._place(visit, parent, name, request.wish, limit)

    def _place(self, visit: Visit, parent: int, name: str, wish: Ownership, limit: Limit) -> Outcome:
        """It is made in our own area, where a death leaves it to whoever comes next, and moved to its place when it is
        complete.
        """
        copies, holder = made_folder(visit, Folder.COPIES), check_segment(limit.holder)
        with suppress(FileExistsError):
            self.operations.make_child(copies, holder, stat.S_IRWXU)
        folder = visit.enter(copies, holder)
        if not visit.has(folder, _NEW):
            self.limiting.subvolumes.make(folder, _NEW)
        new = visit.hold(self.operations.open_listable(folder, _NEW))
        self.limiting.hold(visit, new, limit)
        shortfalls = give(self.operations, new, wish)
        try:
            self.operations.move_directory(folder, _NEW, parent, name)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
            return Disturbed(f"something else is made at {name!r}")
        self.operations.remove_directory(copies, holder)
        return Made(state_of(self.operations.status(new)), shortfalls)


def refusals_told(work: Callable[[], Outcome]) -> Outcome:
    """What `work` comes to, its refusals and those of the tools included."""
    try:
        return work()
    except PlaceRefused as refused:
        return Blocked(str(refused))
    except ToolFailed as failed:
        return Unavailable(ExportState.DENIED, str(failed))
