"""The marks on an object that say "leave this alone", from its author or from our own first pass."""

from collections.abc import Iterable, Mapping

from policy import keys
from policy.shapes import Json, annotations, labels

# An annotation may hold 256 KiB; what the controller writes is shorter than this.
_LONGEST_USED = 100

OPTED_OUT = f"label {keys.INJECT}: {keys.INJECT_DISABLED}"
"""How a decision names the author's opt-out as its reason."""


DIRECTORY_IGNORED = f"annotation {keys.DIRECTORY}: {keys.DIRECTORY_IGNORED}"
"""How a decision names the wish to be left alone with one's directories."""


def opted_out(obj: Json) -> bool:
    """Whether the object's author asked for it to be left alone."""
    return labels(obj).get(keys.INJECT) == keys.INJECT_DISABLED


def directory_ignored(obj: Json) -> bool:
    """Whether whoever made a volume or a Pod sees to its directories and wants nobody else to."""
    return annotations(obj).get(keys.DIRECTORY) == keys.DIRECTORY_IGNORED


def directory_changed(obj: Json) -> bool:
    """Whether whoever made a volume wants a directory that is there already to get the mode and owner of a new one."""
    return annotations(obj).get(keys.DIRECTORY) == keys.DIRECTORY_CHANGED


def over_quota(claim: Json) -> str | None:
    """How much a claim uses, such as `1.2Gi of 1Gi (120 %), 17 files`, where the controller marked it as over its size.

    None where it did not. The text is for people, and empty where it is missing.
    """
    if labels(claim).get(keys.OVER_QUOTA) != keys.OVER_QUOTA_TRUE:
        return None
    return annotations(claim).get(keys.USED, "")[:_LONGEST_USED]


def filled_fields(obj: Json) -> tuple[str, ...]:
    """The fields that were filled in before, such as `spec.storageClassName`; what holds them now stays."""
    listed = annotations(obj).get(keys.FILLED, "").split(",")
    return tuple(field.strip() for field in listed if field.strip())


def filled_mark(before: Iterable[str], now: Iterable[str]) -> Mapping[str, str]:
    """The annotation that lists the fields filled in before and those filled in now, each once."""
    return {keys.FILLED: ",".join(dict.fromkeys([*before, *now]))}
