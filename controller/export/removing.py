"""Removing what is doomed: whatever lies in `doomed/<key>/`, a container of our own, may be removed by anybody.

So a removal may die at any step and be gone on with by whoever comes next, also while another one is at it.
"""

import errno
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from controller.export.area import Folder, find_folder, made_folder
from controller.export.emptying import Emptying, RemoveWhole, TurnIsOver
from controller.export.jobs import Progress
from controller.export.limits.limits import Limits
from controller.export.operations import ExportOperations
from controller.export.outcomes import Finished, Missing, Moved, Outcome, Underway
from controller.export.visit import Visit, answer
from policy.paths import RESERVED, check_segment
from runtime.logs import get_logger

_LOG: Final = get_logger(__name__)


def doom_aside(visit: Visit, volume_uid: str) -> Outcome:
    """Give up what was set aside: `Moved` where there is something of it to remove now, else `Missing`. Raises
    `OSError` of the export, `PlaceRefused` and `PathRefused`.
    """
    uid = check_segment(volume_uid)
    aside = find_folder(visit, Folder.ASIDE)
    if aside is not None and visit.has(aside, uid):
        doom(visit, aside, uid, uid)
    doomed = find_folder(visit, Folder.DOOMED)
    return Moved() if doomed is not None and visit.has(doomed, uid) else Missing()


def doom(visit: Visit, folder: int, name: str, key: str) -> None:
    """Move `name` out of a folder of ours into the container `key`; nothing where somebody else was faster."""
    doomed = made_folder(visit, Folder.DOOMED)
    with suppress(FileExistsError):
        visit.operations.make_child(doomed, key, stat.S_IRWXU)
    container = visit.enter(doomed, key)
    with suppress(FileNotFoundError):
        visit.operations.move(folder, name, container, secrets.token_hex(8))


@dataclass(frozen=True, slots=True)
class Removal:
    """The job that removes what is in the container `key`, and nothing that is still aside: that may be about to be put
    back. What held it to a size is given back when all is gone.
    """

    operations: ExportOperations
    root: Path
    key: str
    limits: Limits | None = None
    _numbers: set[int] = field(default_factory=set, init=False)

    def __call__(self, progress: Progress) -> Outcome | None:
        """See `jobs.Job`."""
        outcome: Outcome = Underway(progress.entries)
        try:
            while isinstance(outcome, Underway):
                outcome = answer(self.operations, self.root, lambda visit: self._pass(visit, progress))
        except TurnIsOver:
            return None
        _LOG.info("removed what was doomed", key=self.key, outcome=str(outcome))
        return outcome

    def _pass(self, visit: Visit, progress: Progress) -> Outcome:
        """Go through the container once; `Underway` where another pass is due."""
        doomed = find_folder(visit, Folder.DOOMED)
        if doomed is None or not visit.has(doomed, self.key):
            if self.limits is not None:
                self.limits.release(self._numbers)
            return Finished(progress.entries)
        container = visit.hold(visit.operations.open_listable(doomed, self.key))
        place = f"{RESERVED}/{Folder.DOOMED}/{self.key}"
        emptying = Emptying(visit.operations, container, place, progress, self._whole_remover(visit, container))
        emptying.run()
        try:
            visit.operations.remove_directory(doomed, self.key)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            if not emptying.changes:
                return Finished(progress.entries, emptying.staying.clauses())
        return Underway(progress.entries)

    def _whole_remover(self, visit: Visit, container: int) -> RemoveWhole | None:
        if self.limits is None:
            return None
        self._numbers.update(self.limits.numbers_in(visit, container, self.key))
        return self.limits.whole_remover(visit)
