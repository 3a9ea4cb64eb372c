"""What may stand behind the `=` of a mount option.

A check takes the value, None where there is no `=`, and returns what is wrong with it, or None where nothing is.
"""

import re
from collections.abc import Callable
from typing import TypeAlias

ValueCheck: TypeAlias = Callable[[str | None], str | None]

_NEEDS_VALUE = "needs a value"
_DIGITS = re.compile(r"\d{1,10}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9._:%\[\]-]{1,255}", re.ASCII)
_SELINUX = re.compile(r"[A-Za-z0-9_.:-]{1,255}", re.ASCII)


def flag(value: str | None) -> str | None:
    """An option without a value, such as `noatime`."""
    return None if value is None else "takes no value"


def number(lowest: int, highest: int, step: int = 1) -> ValueCheck:
    """A whole number from `lowest` to `highest`, both included, in steps of `step`."""
    steps = f" that is a multiple of {step}" if step > 1 else ""
    reason = f"needs a whole number from {lowest} to {highest}{steps}"

    def check(value: str | None) -> str | None:
        if value is None or not _DIGITS.fullmatch(value):
            return reason
        return None if lowest <= int(value) <= highest and int(value) % step == 0 else reason

    return check


def choice(*words: str) -> ValueCheck:
    """One of `words`."""
    reason = f"needs one of {', '.join(words)}"

    def check(value: str | None) -> str | None:
        return None if value in words else reason

    return check


def choices(*words: str) -> ValueCheck:
    """One or more of `words`, each once, with colons between them."""
    reason = f"needs one or more of {', '.join(words)}, with colons between them"

    def check(value: str | None) -> str | None:
        given = (value or "").split(":")
        return None if set(given) <= set(words) and len(set(given)) == len(given) else reason

    return check


def optional(check_given: ValueCheck) -> ValueCheck:
    """No value, or one that passes `check_given`."""

    def check(value: str | None) -> str | None:
        return None if value is None else check_given(value)

    return check


def host(value: str | None) -> str | None:
    """A host's name or address."""
    return None if value and _HOST.fullmatch(value) else "needs a host name or address"


def selinux_context(value: str | None) -> str | None:
    """An SELinux context without commas, which would need quoting on the way to mount(8)."""
    return None if value and _SELINUX.fullmatch(value) else "needs an SELinux context without commas"


def anything(value: str | None) -> str | None:  # noqa: ARG001 - it is a ValueCheck like the others
    """No check, for options that are refused whatever they hold."""
    return None
