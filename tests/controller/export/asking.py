"""Asking an export as the controller does, and as one that may die at any step does."""

import threading
from datetime import UTC, datetime
from pathlib import Path

from controller.export.archiving import archive_aside
from controller.export.export import MountedExport
from controller.export.jobs import Progress
from controller.export.moving import put_back, set_aside
from controller.export.operations import ExportOperations, SystemCalls
from controller.export.outcomes import Moved, Outcome, Underway
from controller.export.removing import Removal, doom_aside
from controller.export.requests import ArchiveAside, Archived, PutBack, RemoveAside, Request, SetAside
from controller.export.visit import Visit, answer

NOW = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
UID = "0b1e0d5c-6f0e-4a52-9a53-000000000001"
PLACE = ("team-a", "data")


def archived(uid: str = UID, **changes: object) -> Archived:
    fields = {"volume": f"pvc-{uid}", "namespace": "team-a", "claim": "data", "capacity": "1Gi", "keep_for": None}
    return Archived(volume_uid=uid, segments=PLACE, **{**fields, **changes})  # type: ignore[arg-type]


def ask(root: Path, request: Request, now: datetime = NOW) -> Outcome:
    """What a request comes to in the end, in a process of its own."""
    export = MountedExport(root, SystemCalls(), now=lambda: now)
    try:
        for _ in range(10_000):
            outcome = export.ask(request)
            if not isinstance(outcome, Underway):
                return outcome
            threading.Event().wait(0.001)
        raise AssertionError("it never ended")
    finally:
        export.stop()


def in_this_thread(operations: ExportOperations, root: Path, request: Request, now: datetime = NOW) -> Outcome:
    """What a request comes to, without threads of the export's own, so that a death is one of the caller."""

    def work(visit: Visit) -> Outcome:
        match request:
            case SetAside(segments, uid):
                return set_aside(visit, segments, uid)
            case PutBack(segments, uid):
                return put_back(visit, segments, uid)
            case ArchiveAside(each):
                return archive_aside(visit, each, now)
            case RemoveAside(uid):
                return doom_aside(visit, uid)
        raise AssertionError(request)

    outcome = answer(operations, root, work)
    if isinstance(request, RemoveAside) and isinstance(outcome, Moved):
        removed = Removal(operations, root, request.volume_uid)(Progress())
        assert removed is not None, "nobody else waits"
        return removed
    return outcome
