"""What is to stand on a volume, given what stands there and what was measured now.

Thresholds, and being over the size, are left again only well below where they were reached, so that use which goes up
and down around one is told once. What is remembered of both is on the volume: a restart tells nothing again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from controller.export.outcomes import Measured
from controller.observed.usage import Recorded

LEFT_BELOW: Final = 95
"""A threshold counts as passed until use is below so many percent of it; the volume's own size as well."""

_NOTICED_BYTES: Final = 1  # percent of the size
_NOTICED_FILES: Final = 10  # percent of those that were there, and so many files
_ANY_CHANGE_AFTER: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What use is held against: the volume's size in bytes, the policy's thresholds in percent of it, and what the
    profile has follow once it is over (`warn`, `readOnly`, `block`).
    """

    capacity: int
    thresholds: Sequence[int]
    over_quota: str


def next_record(before: Recorded | None, figure: Measured, against: Yardstick) -> Recorded:
    """What is to stand on the volume; `before` itself where nothing worth a write has changed."""
    now = Recorded(
        bytes=figure.bytes,
        files=figure.files,
        at=figure.at.replace(microsecond=0),
        threshold=_threshold(before.threshold if before else 0, figure.bytes, against),
        over=against.over_quota if _is_over(before, figure.bytes, against.capacity) else "",
    )
    if before is None or (before.threshold, before.over) != (now.threshold, now.over):
        return now
    return now if _is_news(before, now, against.capacity) else before


def _threshold(told: int, used: int, against: Yardstick) -> int:
    """The highest threshold that is reached, or that was told and is not left yet; 0 for none."""
    share = used * 100
    reached = (each for each in against.thresholds if share >= each * against.capacity)
    held = (each for each in against.thresholds if each <= told and share * 100 >= each * LEFT_BELOW * against.capacity)
    return max((0, *reached, *held))


def _is_over(before: Recorded | None, used: int, capacity: int) -> bool:
    was_over = before is not None and before.over != ""
    return used > capacity or (was_over and used * 100 >= LEFT_BELOW * capacity)


def _is_news(before: Recorded, now: Recorded, capacity: int) -> bool:
    """Whether figures are worth a write: at once what people would notice, anything else after some hours."""
    if replace(before, at=now.at) == now:
        return False
    bytes_changed, files_changed = abs(now.bytes - before.bytes), abs(now.files - before.files)
    return (
        bytes_changed * 100 >= _NOTICED_BYTES * capacity
        or (files_changed >= _NOTICED_FILES and files_changed * 100 >= _NOTICED_FILES * before.files)
        or now.at - before.at >= _ANY_CHANGE_AFTER
    )
