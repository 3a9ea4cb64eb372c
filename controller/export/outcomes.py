"""What asking an export for a directory can come to: a closed vocabulary, nothing is raised past this package."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class ExportState(StrEnum):
    """How an export is doing, as far as anybody waiting for it needs to know."""

    OK = "ok"
    UNREACHABLE = "unreachable"
    HANGING = "hanging"
    READ_ONLY = "read-only"
    FULL = "full"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class DirectoryState:
    """Mode bits and owner of a directory, as the export shows them."""

    mode: int
    uid: int
    gid: int

    def __str__(self) -> str:
        return f"mode {self.mode:04o}, owner {self.uid}:{self.gid}"


@dataclass(frozen=True, slots=True)
class Made:
    """The directory was made; `shortfalls` say in whole clauses what of its mode and owner could not be had."""

    state: DirectoryState
    shortfalls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Existed:
    """The directory was there before, and was left as it is."""

    state: DirectoryState


@dataclass(frozen=True, slots=True)
class Blocked:
    """It will never come about as things are: something that is no directory is in the way, or the name is unfit."""

    why: str


@dataclass(frozen=True, slots=True)
class Disturbed:
    """Somebody removes or replaces directories on the way while we walk it; the next try may fare better."""

    why: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The export cannot do it now; `state` says in which way, `why` what the operating system answered."""

    state: ExportState
    why: str


Outcome: TypeAlias = Made | Existed | Blocked | Disturbed | Unavailable
