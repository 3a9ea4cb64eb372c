"""What becomes of volumes and their data, in words."""

from controller.adoption.volumes import TakenOver
from policy.durations import format_duration
from policy.ending import Ending
from policy.parameters import OnDelete


def ending_in_words(ending: Ending) -> str:
    """Such as `its data is archived for 720h once its claim is deleted`."""
    match ending.on_delete:
        case OnDelete.DELETE:
            return "its data is deleted with its claim"
        case OnDelete.ARCHIVE:
            return f"{_archived(ending)} once its claim is deleted"
        case OnDelete.RETAIN:
            return "its data is retained"


def volume_in_words(volume: TakenOver) -> str:
    """What will become of a volume's data, when and why."""
    if not volume.volume.reclaims:
        return "its data is retained: its reclaim policy is not Delete"
    ending = volume.fate.ending
    if volume.at_once and ending.on_delete is not OnDelete.RETAIN:
        fate = _archived(ending) if ending.on_delete is OnDelete.ARCHIVE else "its data is deleted"
        return f"{fate} at once, since its claim is gone: {volume.fate.because}"
    return f"{ending_in_words(ending)}: {volume.fate.because}"


def _archived(ending: Ending) -> str:
    kept = f" for {format_duration(ending.archive_for)}" if ending.archive_for is not None else ""
    return f"its data is archived{kept}"


def counted(number: int, thing: str) -> str:
    """`1 volume`, `2 volumes`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
