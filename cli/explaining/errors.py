"""What can be wrong with the input of `nfs-steward explain`.

StewardError
└── ManifestUnreadable   a manifest is no YAML, or not an object that the API server would take
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import yaml

from policy.errors import StewardError


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the input; lines count from 1."""

    source: str
    line: int

    @classmethod
    def of(cls, source: str, node: yaml.Node) -> "Place":
        """Where a YAML node begins."""
        return cls(source, node.start_mark.line + 1)

    def __str__(self) -> str:
        return f"{self.source}:{self.line}"


class ManifestUnreadable(StewardError):
    """The input cannot be read; the message begins with its place."""

    def __init__(self, place: Place, reason: str) -> None:
        self.place = place
        super().__init__(f"{place}: {reason}")


@contextmanager
def reading(place: Place) -> Iterator[None]:
    """Turn what is raised within, a `WrongShape` mostly, into a `ManifestUnreadable` that says where."""
    try:
        yield
    except ManifestUnreadable:
        raise
    except StewardError as error:
        raise ManifestUnreadable(place, str(error)) from error
