"""Keeping house on an export: archives whose time is over go, as do copies that nobody goes on with, and what limits
leave behind; what an earlier process has doomed is removed, and what lies aside is told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from controller.export.archives import let_go
from controller.export.area import Folder, find_folder, listed
from controller.export.copying.folder import doom_stale_copies
from controller.export.jobs import Progress
from controller.export.limits.limits import Limits
from controller.export.measuring.measuring import Measuring
from controller.export.operations import ExportOperations
from controller.export.outcomes import Kept, Outcome
from controller.export.visit import Visit, answer
from runtime.logs import get_logger

_LOG = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HouseKeeping:
    """The job that keeps house. `remove` begins to remove what is in a container of `doomed/`; `now` is in UTC."""

    operations: ExportOperations
    root: Path
    now: Callable[[], datetime]
    remove: Callable[[str], None]
    measuring: Measuring
    limits: Limits | None = None

    def __call__(self, progress: Progress) -> Outcome:
        """See `jobs.Job`; `Kept` in the end."""
        return answer(self.operations, self.root, lambda visit: self._keep(visit, progress))

    def _keep(self, visit: Visit, progress: Progress) -> Outcome:
        expiry = let_go(visit, self.now(), progress.advance)
        for name in expiry.expired:
            _LOG.info("an archive's time is over", archive=name)
        for name in expiry.unreadable:
            _LOG.warning("an archive is kept whose record cannot be read", archive=name)
        doom_stale_copies(visit)
        self.measuring.keep_house(visit, self.now())
        if self.limits is not None:
            self.limits.keep_house(visit, self.now())
        for name in _in(visit, Folder.DOOMED):
            self.remove(name)
        return Kept(len(expiry.expired), len(expiry.unreadable), frozenset(_in(visit, Folder.ASIDE)))


def _in(visit: Visit, folder: Folder) -> list[str]:
    found = find_folder(visit, folder)
    return [] if found is None else listed(visit, found)
