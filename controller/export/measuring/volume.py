"""Measuring one volume, step by step: its record is found, or begun, and its tree is walked beside it."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from controller.export.area import Folder as AreaFolder
from controller.export.area import find_folder, made_folder
from controller.export.failures import export_failure
from controller.export.measuring.descent import Lost
from controller.export.measuring.draft import Draft
from controller.export.measuring.findings import Findings
from controller.export.measuring.reading import whole_record
from controller.export.measuring.record import Cursor
from controller.export.measuring.recovering import recover
from controller.export.measuring.walking import Again, Walk
from controller.export.outcomes import Blocked, Disturbed, Measured, Missing, Unavailable
from controller.export.visit import PlaceRefused, Visit, check_place, visiting
from policy.errors import PathRefused
from policy.paths import check_segment
from runtime.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from controller.export.measuring.calls import MeasuringCalls
    from controller.export.measuring.entries import Entry
    from controller.export.operations import ExportOperations
    from policy.exports import Segments

_LOG: Final = get_logger(__name__)

Result: TypeAlias = Measured | Missing | Blocked | Disturbed | Unavailable
"""What measuring a volume can come to."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where volumes lie, and how it is worked on. `clock` is the time since 1970, in nanoseconds."""

    root: Path
    operations: ExportOperations
    calls: MeasuringCalls
    clock: Callable[[], int] = time.time_ns


def measure(place: Place, volume_uid: str, segments: Segments, full_every: int) -> Generator[int, None, Result]:
    """Measure the directory at `segments`; yields how many file operations each step took. Files that may have grown
    in place are looked at after `full_every` nanoseconds at the latest. May be ended at any step, and begun again.
    """
    began = datetime.fromtimestamp(place.clock() / 1e9, UTC)
    try:
        check_place(segments)
        with visiting(place.operations, place.root) as visit:
            top = visit.find(segments)
            if top is None:
                return Missing()
            return (yield from _Measuring(place, visit, check_segment(volume_uid)).steps(top, began, full_every))
    except (PlaceRefused, PathRefused) as refused:
        return Blocked(str(refused))
    except Lost as lost:
        return Disturbed(str(lost))
    except OSError as error:
        return export_failure(error)


class _Measuring:
    """One volume being measured."""

    def __init__(self, place: Place, visit: Visit, volume_uid: str) -> None:
        self._place = place
        self._operations = place.operations
        self._visit = visit
        self._name = volume_uid

    def steps(self, top: int, began: datetime, full_every: int) -> Generator[int, None, Result]:
        folder = self._folder()
        found = yield from self._walk(folder, top, full_every)
        while found is None:
            found = yield from self._walk(folder, top, 0)
        return Measured(bytes=found.blocks * 512, files=found.files, at=began)

    def _folder(self) -> int | None:
        """Where records are; None where there can be none: then everything is looked at every time."""
        try:
            folder = find_folder(self._visit, AreaFolder.USAGE) or made_folder(self._visit, AreaFolder.USAGE)
            recover(self._operations, folder, self._name)
        except (OSError, PlaceRefused) as error:
            _LOG.info("volumes are measured without records", why=str(error))
            return None
        return folder

    def _walk(self, folder: int | None, top: int, full_every: int) -> Generator[int, None, Findings | None]:
        """Walk through all of it. None: a file has a new name, and its old one may be in a directory that was taken to
        be as it was, so that all have to be looked at; never where they are, with `full_every` 0.
        """
        draft = Draft(self._operations, folder, self._name)
        findings = Findings(draft)
        try:
            with self._before(folder) as entries:
                before = Cursor(entries, findings.miss)
                walk = Walk(self._place.calls, before, findings, Again(full_every, self._place.clock))
                yield from walk.steps(self._operations.reopen(top))
            findings.add_links()
            if findings.surprising:
                draft.discard()
                return None
            if findings.changed:
                draft.keep()
            else:
                draft.discard()
            return findings
        finally:
            draft.flush()
            draft.close()

    def _before(self, folder: int | None) -> AbstractContextManager[Iterator[Entry]]:
        """What the last walk has written down."""
        return nullcontext(iter(())) if folder is None else whole_record(self._operations, folder, self._name)
