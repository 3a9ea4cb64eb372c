"""What stands on a volume of its use: the figures that were told last, and what was said of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from sys import intern
from typing import Final

from policy import keys
from policy.shapes import Json, annotations

OVER_QUOTA_MEANINGS: Final = ("warn", "readOnly", "block")
"""What a profile has follow for claims over their size."""

_LONGEST_NUMBER: Final = 20  # digits
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Recorded:
    """So many `bytes` and `files` were in use `at` a time, in UTC and whole seconds. `threshold`: the highest one, in
    percent, that was told and still counts as passed, 0 for none. `over`: what follows from being over its size, empty
    for a volume that is not.
    """

    bytes: int
    files: int
    at: datetime
    threshold: int = 0
    over: str = ""


def recorded_on(volume: Json) -> Recorded | None:
    """Read it; None where there is nothing, or nothing that can be read."""
    marks = annotations(volume)
    used, files = _number(marks.get(keys.USED_BYTES)), _number(marks.get(keys.USED_FILES))
    at = time_of(marks.get(keys.MEASURED_AT))
    if used is None or files is None or at is None:
        return None
    over = marks.get(keys.OVER_QUOTA, "")
    return Recorded(
        bytes=used,
        files=files,
        at=at,
        threshold=_number(marks.get(keys.USED_THRESHOLD)) or 0,
        over=intern(over) if over in OVER_QUOTA_MEANINGS else "",
    )


def as_annotations(recorded: Recorded) -> Mapping[str, str | None]:
    """The annotations that say so; None for one that is not to be there."""
    return {
        keys.USED_BYTES: str(recorded.bytes),
        keys.USED_FILES: str(recorded.files),
        keys.MEASURED_AT: time_text(recorded.at),
        keys.USED_THRESHOLD: str(recorded.threshold) if recorded.threshold else None,
        keys.OVER_QUOTA: recorded.over or None,
    }


def time_text(moment: datetime) -> str:
    """RFC 3339, in UTC and whole seconds."""
    return moment.astimezone(UTC).strftime(_TIME)


def time_of(text: str | None) -> datetime | None:
    """Read what `time_text` has written; None for anything else."""
    try:
        return datetime.strptime(text or "", _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _number(text: str | None) -> int | None:
    readable = text is not None and text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return int(text) if text is not None and readable else None
