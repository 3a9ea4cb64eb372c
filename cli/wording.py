"""Phrases that several commands use."""


def counted(number: int, thing: str) -> str:
    """`1 volume`, `2 volumes`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
