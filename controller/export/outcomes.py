"""What a request to an export can come to: a closed vocabulary, nothing is raised past this package."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from policy.ownership import Ownership


class ExportState(StrEnum):
    """How an export is doing, as far as anybody waiting for it needs to know."""

    OK = "ok"
    UNREACHABLE = "unreachable"
    HANGING = "hanging"
    READ_ONLY = "read-only"
    FULL = "full"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Made:
    """The directory was made; `shortfalls` say in whole clauses what of its mode and owner could not be had. Where it
    was there before, and was to be changed, `before` is what it was.
    """

    state: Ownership
    shortfalls: tuple[str, ...] = ()
    before: Ownership | None = None


@dataclass(frozen=True, slots=True)
class Existed:
    """The directory was there before, and was left as it is."""

    state: Ownership


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


@dataclass(frozen=True, slots=True)
class Limited:
    """The file system holds the directory to its limit."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was to be moved is where it was to be, by this request or an earlier one like it."""


@dataclass(frozen=True, slots=True)
class Missing:
    """There is nothing where something was to be moved from."""


@dataclass(frozen=True, slots=True)
class Underway:
    """It goes on in the background; `entries` are done so far. Ask again now and then."""

    entries: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The background's work is done, `entries` of it; `shortfalls` say in whole clauses what could not be had."""

    entries: int
    shortfalls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """The house is kept: so many archives have `expired` and were given up, so many are `unreadable` and were kept.
    `aside` are the uids of the volumes for which something lies aside.
    """

    expired: int = 0
    unreadable: int = 0
    aside: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Measured:
    """What a volume's directory held `at` a time, in UTC: the newest figures there are, however old.

    `bytes` is what is allocated, not what files claim to hold, as `du` counts: directories too, the volume's own
    among them, and a file with several names once. `files` are the entries that are no directories: regular files,
    symbolic links, fifos, sockets and devices, each once however many names it has in the volume. What is mounted
    inside, and what we may not look into, is in neither. Figures from a quota of the file system are the quota's
    own: there `files` counts directories as well, and all that the server may not show us. A quota of btrfs says the
    bytes alone; `files` are those of a walk, which may be older.
    """

    bytes: int
    files: int
    at: datetime


Outcome: TypeAlias = (
    Made
    | Existed
    | Limited
    | Moved
    | Missing
    | Underway
    | Finished
    | Kept
    | Measured
    | Blocked
    | Disturbed
    | Unavailable
)
