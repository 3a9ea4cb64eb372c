"""One managed export as the rest of the controller sees it: ask for directories, ask how it is."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from controller.export.health import ExportHealth
from controller.export.lanes import Lanes, Late
from controller.export.operations import ExportOperations
from controller.export.outcomes import ExportState, Outcome, Unavailable
from controller.export.probe import probe
from controller.export.walk import make_directory
from policy.exports import Segments
from policy.model import Directories


@dataclass(frozen=True, slots=True)
class ExportTiming:
    """Seconds that an operation may take, and how many may be under way at once."""

    operation_deadline: float = 10.0
    probe_deadline: float = 5.0
    lanes: int = 4


class MountedExport:
    """An export that is mounted at `root`. Nothing here raises for what the export does, and nothing waits for long."""

    def __init__(
        self,
        root: Path,
        operations: ExportOperations,
        on_recovery: Callable[[], None],
        timing: ExportTiming = ExportTiming(),
    ) -> None:
        self._root = root
        self._operations = operations
        self._lanes = Lanes("export", timing.lanes, timing.operation_deadline)
        self._probe_lane = Lanes("probe", 1, timing.probe_deadline)
        self.health = ExportHealth(time.monotonic, on_recovery)

    @property
    def hanging_calls(self) -> int:
        """System calls that have not returned in time and still have not."""
        return self._lanes.late + self._probe_lane.late

    def make(self, segments: Segments, wish: Directories) -> Outcome:
        """Make the directory at `segments` below the root as `wish` says, or find it there."""
        try:
            outcome = self._lanes.run(lambda: make_directory(self._operations, self._root, segments, wish))
        except Late as late:
            outcome = Unavailable(ExportState.HANGING, str(late))
        self.health.met(outcome)
        return outcome

    def probe(self) -> None:
        """Look how the export is, and remember it."""
        try:
            trouble = self._probe_lane.run(lambda: probe(self._operations, self._root))
        except Late as late:
            trouble = Unavailable(ExportState.HANGING, str(late))
        self.health.probed(trouble)
