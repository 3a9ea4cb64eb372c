"""How full a claim is, in figures and in the words that people read."""

from typing import Final

_UNITS: Final = ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


def used_percent(used: int, capacity: int) -> int:
    """How much of `capacity` is used, both in bytes: rounded down, and up above 100, which says that it is more."""
    exact = used * 100
    return exact // capacity if used <= capacity else -(-exact // capacity)


def size_text(size: int) -> str:
    """A number of bytes, such as `1.2Gi`: at least two digits, one behind the point where one stands before it."""
    if size < 1024:
        return str(size)
    unit = min((size.bit_length() - 1) // 10, len(_UNITS))
    value = size / (1 << 10 * unit)
    shown = f"{value:.1f}" if value < 10 else f"{value:.0f}"
    return f"{shown.removesuffix('.0')}{_UNITS[unit - 1]}"


def usage_text(used: int, files: int, size: str, capacity: int) -> str:
    """How much of a claim is used, such as `1.2Gi of 2Gi (60 %), 1,234 files`. `size` is `capacity` as written."""
    counted = "1 file" if files == 1 else f"{files:,} files"
    return f"{size_text(used)} of {size} ({used_percent(used, capacity)} %), {counted}"
