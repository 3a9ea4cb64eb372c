"""What people are told about directories, written for whoever wrote the object that needs one."""

from dataclasses import dataclass
from typing import assert_never

from controller.decisions import reasons
from controller.decisions.actions import Tell
from controller.export.outcomes import (
    Blocked,
    Disturbed,
    Existed,
    Finished,
    Kept,
    Limited,
    Made,
    Measured,
    Missing,
    Moved,
    Outcome,
    Unavailable,
    Underway,
)
from kube.events import ObjectReference
from policy.exports import Segments
from policy.model import Export


@dataclass(frozen=True, slots=True)
class Wanted:
    """A directory that an object needs, `path` as its author wrote it; `purpose` ends the phrase "the directory …"."""

    path: str
    segments: Segments
    purpose: str

    def __str__(self) -> str:
        return f"directory {self.path} {self.purpose}"


@dataclass(frozen=True, slots=True)
class Refused:
    """A directory that the rules forbid, for good, and why."""

    path: str
    purpose: str
    why: str


def tell_outcome(about: ObjectReference, wanted: Wanted, export: Export, outcome: Outcome) -> tuple[Tell, ...]:
    """What its author should know of a directory that was asked for; nothing where it was there before, unchanged."""
    match outcome:
        case Existed() | Limited() | Moved() | Missing() | Underway() | Finished() | Kept() | Measured():
            return ()
        case Made():
            made = _tell_made(about, wanted, export, outcome)
            return (*made, *_tell_shortfalls(about, wanted, outcome.shortfalls))
        case Blocked(why):
            return (tell_refused(about, Refused(wanted.path, wanted.purpose, why)),)
        case Disturbed(why):
            message = f"The {wanted} could not be made yet: {why}. It is tried again."
            return (Tell(about, "Warning", reasons.EXPORT_UNAVAILABLE, message),)
        case Unavailable(state, why):
            message = f"The {wanted} cannot be made now: export {export.name} is {state} ({why}). It is tried again."
            return (Tell(about, "Warning", reasons.EXPORT_UNAVAILABLE, message),)
        case _ as never:
            assert_never(never)


def tell_refused(about: ObjectReference, refused: Refused) -> Tell:
    """That a directory will not be made as things are."""
    message = f"No directory {refused.path} is made {refused.purpose}: {refused.why}. The mount fails unless it exists."
    return Tell(about, "Warning", reasons.DIRECTORY_REFUSED, message)


def _tell_made(about: ObjectReference, wanted: Wanted, export: Export, made: Made) -> tuple[Tell, ...]:
    """Nothing where all of a change was refused."""
    if made.before == made.state:
        return ()
    if made.before:
        message = f"The {wanted} was there before, with {made.before}, and was changed, as is asked for: {made.state}."
        return (Tell(about, "Normal", reasons.DIRECTORY_CHANGED, message),)
    message = f"Made {wanted} on export {export.name}: {made.state}."
    return (Tell(about, "Normal", reasons.DIRECTORY_CREATED, message, foreword=True),)


def _tell_shortfalls(about: ObjectReference, wanted: Wanted, shortfalls: tuple[str, ...]) -> tuple[Tell, ...]:
    if not shortfalls:
        return ()
    message = f"The {wanted} is there, but not as asked for: {'; '.join(shortfalls)}."
    return (Tell(about, "Warning", reasons.OWNERSHIP_INCOMPLETE, message),)


def may_still_come(outcome: Outcome) -> bool:
    """Whether trying again is worth it."""
    return isinstance(outcome, Disturbed | Unavailable)
