"""One managed export as the rest of the controller sees it: ask something of it, ask how it is."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, assert_never

from controller.export.archiving import archive_aside
from controller.export.copying.calls import CopyCalls
from controller.export.copying.copies import Copies, Hands
from controller.export.health import ExportHealth
from controller.export.house import HouseKeeping
from controller.export.jobs import JobKind, Jobs
from controller.export.lanes import Lanes, Late
from controller.export.limits.limits import Limits
from controller.export.measuring.measuring import Measuring, worker_command
from controller.export.measuring.turns import Turns
from controller.export.moving import put_back, set_aside
from controller.export.operations import ExportOperations
from controller.export.outcomes import Blocked, ExportState, Missing, Moved, Outcome, Unavailable
from controller.export.probe import Probed, look
from controller.export.removing import Removal, doom_aside
from controller.export.requests import (
    ArchiveAside,
    CopyDirectory,
    KeepHouse,
    LimitDirectory,
    MakeDirectory,
    Measure,
    PutBack,
    RemoveAside,
    Request,
    SetAside,
)
from controller.export.visit import Visit, answer
from controller.export.walk import make_directory
from policy.measuring import Measuring as MeasuringSettings


@dataclass(frozen=True, slots=True)
class ExportTiming:
    """Seconds that an operation may take, how many may be under way at once, and seconds between two probes."""

    operation_deadline: float = 10.0
    probe_deadline: float = 5.0
    lanes: int = 4
    probe_interval: float = 15.0


EXPORT_TIMING: Final = ExportTiming()


class MountedExport:
    """An export that is mounted at `root`. Nothing here raises for what the export does, and nothing waits for long."""

    def __init__(
        self,
        root: Path,
        operations: ExportOperations,
        timing: ExportTiming = EXPORT_TIMING,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        limits: Limits | None = None,
        measuring: Measuring | None = None,
    ) -> None:
        """`now` is the wall clock, in UTC: archives are dated by it, and end by it. `limits`: the file system is this
        machine's own, so that it can be had to keep some. `measuring`: as the policy's defaults say, where None.
        """
        self._limits = limits
        self._now = now
        self._root = root
        self._operations = operations
        self._timing = timing
        self._stopping = threading.Event()
        self._lanes = Lanes("export", timing.lanes, timing.operation_deadline)
        self._probe_lane = Lanes("probe", 1, timing.probe_deadline)
        self._may_go_on: Callable[[], bool] = lambda: True
        self._jobs = {kind: Jobs(kind, self._may_work) for kind in JobKind}
        self._copies = Copies(self._jobs[JobKind.COPY], Hands(operations, CopyCalls(), root, limits))
        self.measuring = measuring or Measuring(worker_command(root), Turns(MeasuringSettings))
        self.measuring.work_while(self._may_work)
        if limits is not None:
            self.measuring.ask_first(lambda _volume_uid, segments: limits.measured(segments))
        self.health = ExportHealth(time.monotonic)

    @property
    def hanging_calls(self) -> int:
        """System calls that have not returned in time and still have not; jobs that do not move count too."""
        jobs = sum(jobs.hanging(self._timing.operation_deadline) for jobs in self._jobs.values())
        walks = self.measuring.hanging(self._timing.operation_deadline)
        return self._lanes.late + self._probe_lane.late + jobs + walks

    def work_while(self, may_go_on: Callable[[], bool]) -> None:
        """Have jobs in the background go on only while `may_go_on` says so: a Lease may be lost."""
        self._may_go_on = may_go_on

    def start(self) -> None:
        """Look how it is, now and then, in a thread of its own."""
        threading.Thread(target=self._keep_probing, name="probing", daemon=True).start()

    def stop(self) -> None:
        """Look no more, and end what runs in the background at its next step."""
        self._stopping.set()
        for jobs in self._jobs.values():
            jobs.stop()
        self.measuring.stop()

    def ask(self, request: Request) -> Outcome:
        """Have what is asked for, as its own description says."""
        try:
            outcome = self._lanes.run(lambda: self._answer(request))
        except Late as late:
            outcome = Unavailable(ExportState.HANGING, str(late))
        self.health.met(outcome)
        return outcome

    def _answer(self, request: Request) -> Outcome:
        match request:
            case MakeDirectory(segments, wish, None, change):
                return make_directory(self._operations, self._root, segments, wish, change_existing=change)
            case MakeDirectory() | LimitDirectory():
                return self._limit(request)
            case SetAside() | PutBack() | ArchiveAside():
                return self._visit(lambda visit: self._move(visit, request))
            case RemoveAside(uid):
                return self._remove_aside(uid)
            case CopyDirectory() | KeepHouse() | Measure():
                return self._go_on_with(request)
            case _ as never:
                assert_never(never)

    def _move(self, visit: Visit, request: SetAside | PutBack | ArchiveAside) -> Outcome:
        match request:
            case SetAside(segments, uid):
                return set_aside(visit, segments, uid)
            case PutBack(segments, uid, over_empty):
                return put_back(visit, segments, uid, over_empty)
            case ArchiveAside(archived):
                return archive_aside(visit, archived, self._now())

    def _limit(self, request: MakeDirectory | LimitDirectory) -> Outcome:
        if self._limits is None:
            return Blocked("its controller is not at the file system, which alone could keep a limit")
        return self._limits.make(request) if isinstance(request, MakeDirectory) else self._limits.change(request)

    def _go_on_with(self, request: CopyDirectory | KeepHouse | Measure) -> Outcome:
        match request:
            case CopyDirectory():
                return self._copies.ask(request)
            case KeepHouse():
                keeping = HouseKeeping(
                    self._operations, self._root, self._now, self._remove, self.measuring, self._limits
                )
                return self._jobs[JobKind.HOUSE].ask("house", keeping)
            case Measure():
                return self.measuring.ask(request)

    def _visit(self, work: Callable[[Visit], Outcome]) -> Outcome:
        return answer(self._operations, self._root, work)

    def _remove_aside(self, uid: str) -> Outcome:
        jobs = self._jobs[JobKind.REMOVAL]
        doomed = self._visit(lambda visit: doom_aside(visit, uid))
        if not isinstance(doomed, Moved) and not (isinstance(doomed, Missing) and jobs.knows(uid)):
            return doomed
        return jobs.ask(uid, self._removal(uid))

    def _remove(self, key: str) -> None:
        """Begin to remove what an earlier life has doomed."""
        self._jobs[JobKind.REMOVAL].begin(key, self._removal(key))

    def _removal(self, key: str) -> Removal:
        return Removal(self._operations, self._root, key, self._limits)

    def probe(self) -> None:
        """Look how the export is, and remember it."""
        try:
            probed = self._probe_lane.run(lambda: look(self._operations, self._root))
            if self._limits is not None:
                self.health.file_system = self._probe_lane.run(self._limits.file_system)
        except Late as late:
            probed = Probed(Unavailable(ExportState.HANGING, str(late)))
        self.health.probed(probed.trouble, probed.free_bytes)

    def _may_work(self) -> bool:
        return self._may_go_on()

    def _keep_probing(self) -> None:
        while not self._stopping.is_set():
            self.probe()
            self._stopping.wait(self._timing.probe_interval)
