"""How long what was seen of a directory can be taken for what is there.

A directory whose time of change is the same has the same entries, but a file may have grown in place. Most that will
grow have grown lately. So a directory whose newest change was so old when it was looked at is looked at again after as
long, and after `full_every` at the latest: files that are being written are seen to grow at every pass, and what has
rested for hours is asked again a few times a day.

Changes in the very moment of the look may share its time and be missed. They leave no age: the next pass looks again.
"""

from typing import Final

from controller.export.measuring.entries import Folder

_MOMENT: Final = 2_000_000_000
"""Nanoseconds: times of change are as coarse as one second on some servers, and clocks differ a little."""


def is_due(folder: Folder, now: int, full_every: int) -> bool:
    """Whether to look at all of a directory again, although it has not changed itself; times in nanoseconds."""
    age = folder.looked - folder.newest - _MOMENT
    return not 0 <= now - folder.looked < min(age, full_every)
