"""What becomes of a volume's data when the volume goes: read from the volume alone.

Its class may be gone by then, and the policy another. The reclaim policy goes first, at the time of the deletion:
https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from policy import keys
from policy.durations import format_duration, parse_duration
from policy.errors import StewardError, shorten
from policy.parameters import OnDelete
from policy.shapes import Json, annotations, text


class EndingUnclear(StewardError):
    """A volume does not say what is to become of its data; the text is a clause that names the annotation."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of the data. `archive_for` is None for an archive that is kept for ever, and where there is none."""

    on_delete: OnDelete
    archive_for: timedelta | None = None


def ending_marks(ending: Ending) -> Mapping[str, str]:
    """The annotations that say so on a volume."""
    marks = {keys.ON_DELETE: ending.on_delete.value}
    return marks if ending.archive_for is None else {**marks, keys.ARCHIVE_FOR: format_duration(ending.archive_for)}


def describe_ending(ending: Ending) -> str:
    """What becomes of the data, as a clause that goes on after "When the claim is deleted, …"."""
    match ending.on_delete:
        case OnDelete.DELETE:
            return "its data is deleted, too"
        case OnDelete.RETAIN:
            return "the volume and its data stay until an administrator removes them"
        case OnDelete.ARCHIVE:
            kept = "for ever" if ending.archive_for is None else f"for {format_duration(ending.archive_for)}"
            return f"its data is archived, and the archive is kept {kept}"


def outlives_its_claim(volume: Json) -> bool:
    """Whether a volume's reclaim policy says that all stays, whatever else stands on it."""
    return text(volume, "spec", "persistentVolumeReclaimPolicy") != "Delete"


def ending_of(volume: Json) -> Ending:
    """What becomes of a volume's data; raises `EndingUnclear` for what cannot be read, and `WrongShape`."""
    if outlives_its_claim(volume):
        return Ending(OnDelete.RETAIN)
    marks = annotations(volume)
    written = marks.get(keys.ON_DELETE)
    if written is None:
        raise EndingUnclear(f"annotation {keys.ON_DELETE} is missing; {_known()}")
    try:
        on_delete = OnDelete(written)
    except ValueError:
        raise EndingUnclear(f"annotation {keys.ON_DELETE} is {shorten(written)}; {_known()}") from None
    return Ending(on_delete, _archive_for(marks) if on_delete is OnDelete.ARCHIVE else None)


def _known() -> str:
    return f"it can be {', '.join(OnDelete)}"


def _archive_for(marks: Mapping[str, str]) -> timedelta | None:
    written = marks.get(keys.ARCHIVE_FOR)
    try:
        return parse_duration(written) if written is not None else None
    except ValueError as error:
        raise EndingUnclear(f"annotation {keys.ARCHIVE_FOR}: {shorten(written)} {error}") from None
