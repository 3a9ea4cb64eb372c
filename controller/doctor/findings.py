"""What an examination comes to: things that are wrong, and things that could not be looked at."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is: something does not work, or may go wrong, or is only not what one might think."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: where (`class nfs`), what, why it matters, and the command or value that mends it.

    What and why are sentences.
    """

    level: Level
    where: str
    what: str
    why: str
    mend: str


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, and the name of the check that found it."""

    check: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something that could not be looked at from here, why, and the checks that were left out for it."""

    what: str
    why: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """An examination: what was looked at, in sentences; what was found, the worst first; what was not seen."""

    seen: tuple[str, ...]
    found: tuple[Found, ...]
    unseen: tuple[Unseen, ...]

    @property
    def has_errors(self) -> bool:
        """Whether something does not work."""
        return any(each.finding.level is Level.ERROR for each in self.found)
