"""What limits count: the figures of volumes, which the export's file system has already."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Generic, TypeVar

from controller.export.limits.kinds import Limiting
from controller.export.limits.mounts import Mount, why_not
from controller.export.limits.projects import NOTHING, Usage
from controller.export.limits.subvolumes import ROOT_INODE
from controller.export.measuring.counted import Counted
from controller.export.operations import ExportOperations
from controller.export.outcomes import Measured
from controller.export.visit import Visit, visiting
from policy.errors import StewardError
from policy.exports import Segments
from policy.parameters import QuotaKind

T = TypeVar("T")

_REPORT_HOLDS: Final = 5.0
"""Seconds for which one report of all that is limited answers."""


class _Report(Generic[T]):
    """The last report: what is counted, by the numbers of what it is counted for. Safe for use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._figures: Mapping[int, T] = {}
        self._at = 0.0

    def of(self, number: int, report: Callable[[], Mapping[int, T]]) -> T | None:
        """By a new report where the last one is too old, or older than what has that number. Raises as `report`."""
        with self._lock:
            now = time.monotonic()
            if number not in self._figures or now - self._at > _REPORT_HOLDS:
                self._figures, self._at = report(), now
            return self._figures.get(number)


class Counting:
    """Reads what is counted on the export at `root`. Safe for use from many threads."""

    def __init__(self, operations: ExportOperations, root: Path, limiting: Limiting) -> None:
        self._operations = operations
        self._root = root
        self._limiting = limiting
        self._projects = _Report[Usage]()
        self._subvolumes = _Report[int]()

    def measured(self, segments: Segments) -> Measured | Counted | None:
        """What the directory at `segments` holds, as its limit counts it; None where it has none of its own, or that is
        not to be had: another project counts more than is in the directory, and a btrfs may have lost count.
        """
        try:
            with visiting(self._operations, self._root) as visit:
                mount = self._limiting.mount_of(visit.root)
                if mount.kind == "btrfs":
                    return self._in_subvolume(visit, segments)
                return self._in_project(visit, mount, segments)
        except (OSError, StewardError):
            return None

    def _in_project(self, visit: Visit, mount: Mount, segments: Segments) -> Measured | None:
        number = self._limiting.own_project(visit, segments) if why_not(QuotaKind.PROJECT, mount) is None else 0
        if not number:
            return None
        usage = self._projects.of(number, lambda: self._limiting.projects.usages(mount)) or NOTHING
        return Measured(usage.bytes, usage.files, datetime.now(UTC))

    def _in_subvolume(self, visit: Visit, segments: Segments) -> Counted | None:
        found = visit.find(segments) if segments else None
        if found is None or self._operations.status(found).st_ino != ROOT_INODE:
            return None
        tools = self._limiting.subvolumes
        number = tools.number_of(visit.hold(self._operations.reopen(found)))
        used = self._subvolumes.of(number, lambda: tools.used(visit.root))
        return None if used is None else Counted(used, datetime.now(UTC))
