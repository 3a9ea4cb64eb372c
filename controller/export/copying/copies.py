"""Filling a new volume with a copy of another one's data, so that it appears only when the copy is complete.

The copy is made by a job in the background, into our own area. Whoever asks for it again, having seen to it that claim
and source are still there, has it moved to its place then. A copy that was cut short is given up, and begun anew.
"""

import os
import secrets
import stat
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from controller.export.area import listed
from controller.export.copying.calls import CopyCalls
from controller.export.copying.fitting import Fitting
from controller.export.copying.folder import NAMES, TREE, CopyFolder, doom_stale_copies, find_copy, made_copy
from controller.export.copying.tree import Places, TreeCopy
from controller.export.finish import give
from controller.export.jobs import Jobs, Progress
from controller.export.limits.limits import Limits
from controller.export.limits.tools import ToolFailed
from controller.export.operations import ExportOperations
from controller.export.outcomes import Blocked, Disturbed, Finished, Outcome, Underway
from controller.export.requests import CopyDirectory
from controller.export.visit import PlaceRefused, Visit, answer, check_place, visiting
from policy.errors import PathRefused, StewardError
from policy.parameters import QuotaKind

_GIVEN_UP_AFTER: Final = 150.0
"""Seconds after which a copy that nobody has asked for ends: its claim, or its source, is gone."""
_SIGN_OF_LIFE_EVERY: Final = 60.0


class GivenUp(StewardError):
    """Nobody wants the copy any more, or what was copied is no longer what it was."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What a copy is made with, on the export at `root`."""

    operations: ExportOperations
    calls: CopyCalls
    root: Path
    limits: Limits | None = None


class Copies:
    """The copies of one export, asked for as often as one likes."""

    def __init__(self, jobs: Jobs, hands: Hands, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` is monotonic, in seconds."""
        self._jobs = jobs
        self._hands = hands
        self._clock = clock
        self._lock = threading.Lock()
        self._asked: dict[str, float] = {}

    def ask(self, request: CopyDirectory) -> Outcome:
        """How far the copy is; it begins with the first time, and comes to its place with the last."""
        key, uid = f"{request.volume_uid} {'/'.join(request.source)}", request.volume_uid
        with self._lock:
            self._asked[uid] = self._clock()
        placed = None if self._jobs.knows(key) else self._place(request)
        if placed is None:
            placed = self._jobs.ask(key, CopyJob(self._hands, request, lambda: self._wanted(uid)))
        if isinstance(placed, Finished):
            copied, placed = placed, self._place(request) or Disturbed("the copy has disappeared")
            placed = replace(placed, entries=copied.entries) if isinstance(placed, Finished) else placed
        if not isinstance(placed, Underway):
            with self._lock:
                self._asked.pop(uid, None)
        return placed

    def _place(self, request: CopyDirectory) -> Outcome | None:
        """What a complete copy comes to; None where there is none."""
        nothing = Disturbed("")

        def place(visit: Visit) -> Outcome:
            check_place(request.segments)
            source, folder = visit.find(request.source), find_copy(visit, self._hands.root, request)
            return (folder.place(source) if source is not None and folder else None) or nothing

        outcome = answer(self._hands.operations, self._hands.root, place)
        return None if outcome is nothing else outcome

    def _wanted(self, uid: str) -> bool:
        with self._lock:
            return self._clock() - self._asked.get(uid, 0.0) < _GIVEN_UP_AFTER


@dataclass
class CopyJob:
    """One copy, until it is complete; a `jobs.Job`. `wanted` says whether anybody still asks for it."""

    hands: Hands
    request: CopyDirectory
    wanted: Callable[[], bool] = lambda: True
    _steps: Generator[int, None, Outcome] | None = field(default=None, init=False)

    def __call__(self, progress: Progress) -> Outcome | None:
        """See `jobs.Job`: it goes on where its last turn ended."""
        steps = self._steps = self._steps or self._work()
        try:
            while not progress.turn_is_over:
                progress.advance(next(steps))
        except StopIteration as ended:
            outcome: Outcome = ended.value
            return replace(outcome, entries=progress.entries) if isinstance(outcome, Finished) else outcome
        except (PlaceRefused, PathRefused) as refused:
            return Blocked(str(refused))
        except ToolFailed as failed:
            return Disturbed(str(failed))
        except GivenUp as given_up:
            return Disturbed(str(given_up))
        except FileNotFoundError:
            return Disturbed("something disappears while it is being copied")
        except BaseException:
            steps.close()
            raise
        return None

    def _work(self) -> Generator[int, None, Outcome]:
        check_place(self.request.segments)
        check_place(self.request.source)
        with visiting(self.hands.operations, self.hands.root) as visit:
            doom_stale_copies(visit)
            folder = made_copy(visit, self.hands.root, self.request)
            folder.check_free()
            folder.drop()
            try:
                yield from self._copy(visit, folder)
            except (OSError, StewardError):
                # The space may be just what is lacking. Where not even that works, the next attempt gives it up.
                with suppress(OSError):
                    folder.drop()
                raise
        return Finished(0)

    def _copy(self, visit: Visit, folder: CopyFolder) -> Iterator[int]:
        """Copy all, and have it known that it is complete."""
        source = visit.find(self.request.source)
        if source is None:
            raise PlaceRefused(f"there is no directory {'/'.join(self.request.source)!r} to copy from")
        token, limit = secrets.token_hex(8), self.request.limit
        tree = self._made_tree(visit, folder.folder, TREE + token)
        # A subvolume is a file system of its own: a file in it has no other name outside.
        above = tree if limit and limit.quota is QuotaKind.BTRFS else folder.folder
        names = _made(visit, above, NAMES + token)
        copying = TreeCopy(self.hands.calls, Places(source, tree, names))
        fitting = self._fitting(visit, tree)
        steps = fitting.while_it_fits(copying.steps(), copying.tally) if fitting else copying.steps()
        yield from self._while_wanted(steps, folder)
        for name in listed(visit, names):
            visit.operations.remove_file(names, name)
            yield 0
        visit.operations.remove_directory(above, NAMES + token)
        if fitting:
            fitting.limiting.hold(visit, tree, fitting.limit)
        listable = visit.hold(visit.operations.reopen(tree))
        refused = give(visit.operations, listable, self.request.wish)
        self.hands.calls.sync_all(listable)  # at once for all files; over NFS the server has most of it already
        if fitting:
            fitting.check(copying.tally)
        still = visit.find(self.request.source)
        if still is None or not os.path.samestat(*map(visit.operations.status, (still, source))):
            raise GivenUp("what was copied has been taken away meanwhile")
        folder.complete(tree, source, (*copying.tally.clauses(), *refused))

    def _made_tree(self, visit: Visit, folder: int, name: str) -> int:
        """Have an empty directory to copy into, all of which counts for the limit, if there is one; it is listable."""
        limit, limits = self.request.limit, self.hands.limits
        if limit is None:
            return _made(visit, folder, name)
        if limits is None:
            raise PlaceRefused("its controller is not at the file system, which alone could keep a limit")
        return limits.new_directory(visit, folder, name, limit)

    def _fitting(self, visit: Visit, tree: int) -> Fitting | None:
        limit, limits = self.request.limit, self.hands.limits
        return Fitting(visit, tree, limit, limits.limiting, self.hands.calls) if limit and limits else None

    def _while_wanted(self, steps: Iterator[int], folder: CopyFolder) -> Iterator[int]:
        alive_at = time.monotonic()
        for entries in steps:
            if not self.wanted():
                raise GivenUp("the copy was given up, since nobody has asked for it for a while")
            if time.monotonic() - alive_at > _SIGN_OF_LIFE_EVERY:
                folder.show_life(self.hands.calls)
                alive_at = time.monotonic()
            yield entries


def _made(visit: Visit, folder: int, name: str) -> int:
    visit.operations.make_child(folder, name, stat.S_IRWXU)
    return visit.enter(folder, name)
