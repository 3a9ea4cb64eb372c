"""Durations as Go, and so Kubernetes, writes them: `10m`, `1h30m`, `720h`."""

import re
from datetime import timedelta

_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3}
_DURATION = re.compile(r"(?:\d{1,9}(?:\.\d{1,9})?(?:h|ms|m|s))+", re.ASCII)
_PART = re.compile(r"([\d.]+)(h|ms|m|s)", re.ASCII)
_LONGEST_TEXT = 64


def parse_duration(text: str) -> timedelta:
    """Read a positive duration of hours, minutes, seconds, milliseconds; raises ValueError with the reason.

    Go's `time.ParseDuration` also knows signs, `us` and `ns`; nothing here could use them.
    """
    if len(text) > _LONGEST_TEXT or not _DURATION.fullmatch(text):
        raise ValueError("is not a duration such as 10m, 1h30m or 720h")
    duration = timedelta(seconds=sum(float(count) * _SECONDS[unit] for count, unit in _PART.findall(text)))
    if not duration:
        raise ValueError("must be longer than nothing")
    return duration


def format_duration(duration: timedelta) -> str:
    """Write a duration so that `parse_duration` reads it back, to the millisecond."""
    rest = round(duration / timedelta(milliseconds=1))
    parts = []
    for unit, length in (("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)):
        count, rest = divmod(rest, length)
        parts.append(f"{count}{unit}" if count else "")
    return "".join(parts)
