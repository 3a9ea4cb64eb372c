"""Looking at exports that are mounted here, each with deadlines, so that one that hangs is told like any other."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from controller.doctor.observed import ClockSeen, ExportSeen, Observed
from controller.doctor.places import places_on
from controller.export.failures import export_failure
from controller.export.lanes import Lanes, Late
from controller.export.limits.looking import objections_to_limits
from controller.export.operations import SystemCalls
from controller.export.outcomes import ExportState, Unavailable
from controller.export.probe import probe
from controller.export.surveying import folder_seen, survey
from controller.export.trying import try_writing

T = TypeVar("T")

_REACH_SECONDS: Final = 10.0
_SURVEY_SECONDS: Final = 300.0
"""For some tens of thousands of directories, each a question or two to the server."""


def look_at_exports(mounted: Mapping[str, Path], observed: Observed) -> tuple[ExportSeen, ...]:
    """Look at exports by name, and compare what lies on them with what was seen of the cluster.

    In each a directory is made and removed again, below `.nfs-steward`.
    """
    return tuple(_look(name, path, observed) for name, path in mounted.items())


def _look(name: str, path: Path, observed: Observed) -> ExportSeen:
    quick, patient = Lanes(f"doctor-{name}", 1, _REACH_SECONDS), Lanes(f"survey-{name}", 1, _SURVEY_SECONDS)
    trouble = _within(quick, lambda: probe(SystemCalls(), path))
    if isinstance(trouble, Unavailable) and trouble.state in (ExportState.UNREACHABLE, ExportState.HANGING):
        return ExportSeen(name, str(path), trouble)
    root = _within(quick, lambda: folder_seen(path))
    trial = None if trouble else _within(quick, lambda: try_writing(path))
    now = datetime.now(UTC)
    found = _within(patient, lambda: survey(path, places_on(name, observed).known))
    limits = _within(quick, lambda: objections_to_limits(path))
    troubles = [each for each in (trouble, root, trial, found) if isinstance(each, Unavailable)]
    made = None if isinstance(trial, Unavailable) else trial
    return ExportSeen(
        name,
        str(path),
        trouble=troubles[0] if troubles else None,
        root=None if isinstance(root, Unavailable) else root,
        trial=made,
        survey=None if isinstance(found, Unavailable) else found,
        no_limits={} if isinstance(limits, Unavailable) else limits,
        clock=ClockSeen(datetime.fromtimestamp(made.touched, UTC), now) if made else None,
    )


def _within(lanes: Lanes, look: Callable[[], T]) -> T | Unavailable:
    try:
        return lanes.run(look)
    except Late as late:
        return Unavailable(ExportState.HANGING, str(late))
    except OSError as error:
        return export_failure(error)
