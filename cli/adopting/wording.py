"""What becomes of volumes and their data, in words."""

from typing import Final

from controller.adoption.volumes import TakenOver
from policy.durations import format_duration
from policy.ending import Ending
from policy.parameters import OnDelete

_DONE: Final = {OnDelete.DELETE: "deleted", OnDelete.ARCHIVE: "archived", OnDelete.RETAIN: "retained"}


def data_in_words(ending: Ending) -> str:
    """Such as `its data is archived for 720h`."""
    kept = f" for {format_duration(ending.archive_for)}" if ending.archive_for is not None else ""
    return f"its data is {_DONE[ending.on_delete]}{kept}"


def volume_in_words(volume: TakenOver) -> str:
    """What will become of a volume's data, when and why."""
    if not volume.volume.reclaims:
        return "its data is retained: its reclaim policy is not Delete"
    ending, because = volume.fate.ending, volume.fate.because
    if ending.on_delete is OnDelete.RETAIN:
        return f"{data_in_words(ending)}: {because}"
    when = "at once, since its claim is gone" if volume.at_once else "when its claim is deleted"
    if volume.sharers:
        when = f"with the last of those that share its directory, such as {volume.sharers[0]}"
    return f"{data_in_words(ending)} {when}: {because}"
