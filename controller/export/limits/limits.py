"""The limits of one export whose file system is this machine's own, as the rest of the package asks for them."""

import itertools
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from controller.export.archiving import DATA
from controller.export.area import listed
from controller.export.limits import ids
from controller.export.limits.counting import Counting
from controller.export.limits.kinds import Limiting
from controller.export.limits.making import LimitedMaking
from controller.export.limits.subvolumes import ROOT_INODE
from controller.export.limits.tools import ToolFailed
from controller.export.measuring.counted import Counted
from controller.export.operations import ExportOperations
from controller.export.outcomes import Limited, Measured, Missing, Outcome
from controller.export.requests import Limit, LimitDirectory, MakeDirectory
from controller.export.visit import PlaceRefused, Visit, answer, visiting
from policy.errors import StewardError
from policy.exports import Segments
from policy.parameters import QuotaKind
from runtime.logs import get_logger

_LOG: Final = get_logger(__name__)
_LIMITING: Final = Limiting()
_WITH_PROJECTS: Final = frozenset({"xfs", "ext4"})
_LOOKED_AT: Final = 8
"""Entries of a container that are asked for their project: all have the same, but in one of several archives."""


class Limits:
    """Safe for use from many threads."""

    def __init__(self, operations: ExportOperations, root: Path, limiting: Limiting = _LIMITING) -> None:
        self._operations = operations
        self._root = root
        self.limiting = limiting
        self._making = LimitedMaking(operations, root, limiting)
        self._counting = Counting(operations, root, limiting)

    def file_system(self) -> str:
        """The kind of the file system, such as `ext4`; empty where that cannot be seen."""
        try:
            with visiting(self._operations, self._root) as visit:
                return self.limiting.mount_of(visit.root).kind
        except (OSError, StewardError):
            return ""

    def make(self, request: MakeDirectory) -> Outcome:
        """See `requests.MakeDirectory`, for one that has a limit."""
        assert request.limit is not None
        return self._making.make(request, request.limit)

    def change(self, request: LimitDirectory) -> Outcome:
        """See `requests.LimitDirectory`."""

        def change(visit: Visit) -> Outcome:
            self.limiting.check(visit, request.limit.quota)
            found = visit.find(request.segments)
            if found is None:
                return Missing()
            self.limiting.hold(visit, visit.hold(self._operations.reopen(found)), request.limit)
            return Limited()

        return answer(self._operations, self._root, change)

    def new_directory(self, visit: Visit, folder: int, name: str, limit: Limit) -> int:
        """Make a directory in a folder of our own, in which all that will be made counts for the limit; it is open and
        listable. The limit itself does not hold yet. Raises as `Limiting`.
        """
        self.limiting.check(visit, limit.quota)
        if limit.quota is QuotaKind.BTRFS:
            self.limiting.subvolumes.make(folder, name)
        else:
            self._operations.make_child(folder, name, stat.S_IRWXU)
        made = visit.hold(self._operations.open_listable(folder, name))
        self.limiting.begin(visit, made, limit)
        return made

    def hold_restored(self, visit: Visit, data: int, limit: Limit | None) -> None:
        """Hold data that was archived to the limit of the claim that gets it, or to none. Raises as `Limiting`."""
        if limit is not None:
            self.limiting.check(visit, limit.quota)
            self.limiting.hold(visit, data, limit)
        else:
            self.limiting.let_go(visit, data)

    def measured(self, segments: Segments) -> Measured | Counted | None:
        """See `Counting.measured`."""
        return self._counting.measured(segments)

    def numbers_in(self, visit: Visit, container: int, key: str) -> set[int]:
        """The project numbers of ours that what lies in a container of our own, `key`, has and that nobody needs once
        it is gone. A claim's own container is of copies that were cut short: the one begun anew has their number.
        """
        found = set()
        for name in itertools.islice(listed(visit, container), _LOOKED_AT):
            for path in ((name,), (name, DATA)):
                number = self._number_at(visit, container, path)
                if number and ids.is_ours(visit, number) and not ids.is_of(visit, number, key):
                    found.add(number)
        return found

    def release(self, numbers: Iterable[int]) -> None:
        """Give back numbers whose data was removed. Who dies before leaves them to `keep_house`.

        Something may still count for them: a server holds on for a while to what it was asked for, and programs to
        files that they have open. No number is given to anybody else before that is over: see `ids.take`.
        """
        try:
            with visiting(self._operations, self._root) as visit:
                self.limiting.give_back(visit, numbers)
        except (OSError, StewardError) as error:
            _LOG.warning("project numbers were not given back yet", error=str(error))

    def whole_remover(self, visit: Visit) -> Callable[[int, str], bool] | None:
        """What removes a directory with all that is in it at once, where that can be: whether it has. None: nothing."""
        return self._remove_subvolume if self.limiting.mount_of(visit.root).kind == "btrfs" else None

    def keep_house(self, visit: Visit, now: datetime) -> None:
        """Give back what nobody needs any more at `now`: numbers that nothing belongs to, and qgroups of subvolumes
        that are gone. Raises `OSError` and `PlaceRefused`.
        """
        try:
            mount = self.limiting.mount_of(visit.root)
            if mount.kind == "btrfs" and self.limiting.subvolumes.keeps_limits(visit.root):
                self.limiting.subvolumes.forget_removed(visit.root)
            elif mount.kind in _WITH_PROJECTS:
                self.limiting.give_back_unused(visit, ids.old(visit, now.timestamp()))
        except ToolFailed as failed:
            _LOG.warning("limits that nobody needs stay for now", error=str(failed))

    def _number_at(self, visit: Visit, container: int, path: Segments) -> int:
        with suppress(OSError, PlaceRefused), visit.part() as part:
            here = container
            for name in path:
                here = part.hold(self._operations.open_listable(here, name))
            return self.limiting.projects.project_of(here)
        return 0

    def _remove_subvolume(self, container: int, name: str) -> bool:
        if self._operations.look(container, name).st_ino != ROOT_INODE:
            return False
        try:
            self.limiting.subvolumes.remove(container, name)
        except ToolFailed as failed:
            raise PlaceRefused(
                f"its subvolume cannot be removed, and goes only with no other one or snapshot in it: {failed}"
            ) from failed
        return True
