"""Phrases that several checks use."""

from collections.abc import Sequence
from typing import Final

_MOST_NAMED: Final = 5


def named(names: Sequence[str]) -> str:
    """The first few of some names, and how many more there are."""
    more = len(names) - _MOST_NAMED
    listed = ", ".join(names[:_MOST_NAMED])
    return f"{listed} and {more} more" if more > 0 else listed


def lasting(seconds: float) -> str:
    """A time that is told roughly: `40 s`, `12 min`, `3 h`, `5 days`."""
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
