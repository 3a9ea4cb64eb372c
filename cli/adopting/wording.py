"""What becomes of volumes and their data, in words."""

from typing import Final

from controller.adoption.volumes import TakenOver
from policy.durations import format_duration
from policy.ending import Ending
from policy.parameters import OnDelete

_ENDINGS: Final = {
    OnDelete.DELETE: "its data is deleted",
    OnDelete.ARCHIVE: "its data is archived",
    OnDelete.RETAIN: "its data is retained",
}


def ending_in_words(ending: Ending) -> str:
    """Such as `its data is archived for 720h`."""
    kept = f" for {format_duration(ending.archive_for)}" if ending.archive_for is not None else ""
    return _ENDINGS[ending.on_delete] + kept


def volume_in_words(volume: TakenOver) -> str:
    """What will become of a volume's data, when and why."""
    fate = volume.fate
    if not volume.volume.reclaims:
        return "its data is retained, since its reclaim policy is not Delete"
    when = "as soon as this is done, its claim being gone," if volume.at_once else "once its claim is deleted"
    return f"{when} {ending_in_words(fate.ending)}: {fate.because}"


def counted(number: int, thing: str) -> str:
    """`1 volume`, `2 volumes`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
