"""Guessing what was meant by a word that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def meant(word: str, known: Iterable[str]) -> str:
    """A tail for a message, `; did you mean mountOptions?`, or nothing where no known word is close."""
    by_lower_case = {each.lower(): each for each in known}
    close = get_close_matches(word.replace("_", "").lower()[:64], by_lower_case, n=1)
    return f"; did you mean {by_lower_case[close[0]]}?" if close else ""
