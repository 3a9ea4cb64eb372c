"""The one tree of errors.

    StewardError
    ├── PolicyInvalid        a policy was refused; carries every problem found
    ├── QuantityInvalid      a size such as `1GB` that Kubernetes would not read
    ├── MountOptionInvalid   an NFS mount option that is unknown, malformed or not ours to set
    ├── PathRefused          a value that must never become part of a path on an export
    ├── ParametersRefused    a StorageClass of ours asks for something that cannot be had
    ├── GidUnknown           a directory should get its namespace's own gid, and there is none yet
    └── WrongShape           a Kubernetes object holds another type than its API promises

Other packages add their own branches below `StewardError`, so that a command can end with one line for all of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST_SHOWN = 80
_JSON_NAMES = {type(None): "null", bool: "a boolean", str: "a string", list: "a list", dict: "an object"}


class StewardError(Exception):
    """Anything nfs-steward refuses or cannot do; its text is fit to be read by the person concerned."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a policy: where (`profiles[1].claim.max`), what stands there, and why that cannot be."""

    path: str
    value: object
    reason: str

    def __str__(self) -> str:
        shown = "" if self.value is None else f" {shorten(self.value)}:"
        return f"{self.path}:{shown} {self.reason}"


class PolicyInvalid(StewardError):
    """A policy was refused. `problems` holds all that was found, in the order of the file."""

    def __init__(self, problems: Iterable[Problem], source: str = "policy") -> None:
        self.problems = tuple(problems)
        self.source = source
        super().__init__(f"{source} is not a valid policy:\n" + "\n".join(f"  {problem}" for problem in self.problems))


class QuantityInvalid(StewardError):
    """A text is no Kubernetes quantity, or not one that can be the size of something; `reason` is the reason alone."""

    def __init__(self, quantity: str, reason: str) -> None:
        self.quantity = quantity
        self.reason = reason
        super().__init__(f"{shorten(quantity)} {reason}")


class MountOptionInvalid(StewardError):
    """A mount option was refused: `option` is its text, `reason` what is wrong with it, such as `needs a value`."""

    def __init__(self, option: str, reason: str) -> None:
        self.option = option
        self.reason = reason
        super().__init__(f"mount option {shorten(option)} {reason}")


class PathRefused(StewardError):
    """A value cannot become a part of a path on an export."""


class ParametersRefused(StewardError):
    """A StorageClass asks for something that cannot be had; the text is a clause that names the parameter."""


class GidUnknown(StewardError):
    """A directory should get the gid of its namespace, which has none yet."""


class WrongShape(StewardError):
    """A Kubernetes object holds something else than its API promises, at `path` (`spec.resources`)."""

    def __init__(self, path: str, expected: str, got: object) -> None:
        self.path = path
        self.expected = expected
        self.got = _JSON_NAMES.get(type(got), "a number")
        super().__init__(f"{path} should be {expected}, not {self.got}")


def shorten(value: object) -> str:
    """Quote a value for a message, cut to a length that cannot flood a log."""
    try:
        shown = str(value)
    except ValueError:  # Python writes out no integer of more than some thousand digits
        return "a giant number"
    if len(shown) > _LONGEST_SHOWN:
        shown = shown[: _LONGEST_SHOWN - 1] + "…"
    return repr(shown) if isinstance(value, str) else shown
