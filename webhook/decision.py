"""What was decided about one object: the closed vocabulary between the rules and the answer.

The rules look at one row of the design's table after the other and say of each what becomes of it. Nothing here knows
HTTP, JSON Patch or base64.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from policy.choices import Choice, Fill
from policy.shapes import Json

Pointer: TypeAlias = tuple[str | int, ...]
"""Steps from an object to one of its fields: names, positions in lists, and APPEND as a last step."""

APPEND = "-"
"""The position behind a list's last element (RFC 6901)."""


class Place(NamedTuple):
    """Where an object with metadata of its own stands: the reviewed object itself, or a template inside it.

    `prefix` is what people read in front of its fields, such as `spec.volumes[data].ephemeral.volumeClaimTemplate.`.
    """

    pointer: Pointer
    prefix: str


THE_OBJECT = Place((), "")


class Field(NamedTuple):
    """A field as seen from its place: its name for people and for the list of filled fields, and the way to it.

    `own_mark`: a label or annotation of ours, which speaks for itself and is not listed as filled.
    """

    name: str
    pointer: Pointer
    own_mark: bool = False


class Filled(NamedTuple):
    """A field gets `value`, because of `rule`. `removes` (seen from the place) goes away in exchange."""

    field: Field
    value: Any
    rule: str
    place: Place = THE_OBJECT
    removes: Pointer | None = None

    @property
    def label(self) -> str:
        """The field as seen from the reviewed object."""
        return self.place.prefix + self.field.name


class Kept(NamedTuple):
    """What `label` names stays as it is; an empty label is the object as a whole. `why` in a few words."""

    label: str
    why: str


class Warned(NamedTuple):
    """Something the author should read, whatever else happens."""

    text: str


class Denied(NamedTuple):
    """The object is refused because of what `label` names; `message` says why, and what to do instead."""

    label: str
    message: str


class Postponed(NamedTuple):
    """The object is refused for now, because of what `label` names, and would not be a moment later."""

    label: str
    message: str


Outcome: TypeAlias = Filled | Kept | Warned | Denied | Postponed


class Proposed(NamedTuple):
    """An object, and what it was decided to fill in: together what its author would get."""

    obj: Json
    outcomes: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one object; `profile` is empty where none applies.

    Without denials and postponements the object is allowed.
    """

    fills: tuple[Filled, ...] = ()
    kept: tuple[Kept, ...] = ()
    warnings: tuple[str, ...] = ()
    denials: tuple[Denied, ...] = ()
    postponements: tuple[Postponed, ...] = ()
    profile: str = ""


def decide(outcomes: Iterable[Outcome], profile: str) -> Decision:
    """Gather the outcomes of all rules, in their order; the same warning counts once."""
    fills: list[Filled] = []
    kept: list[Kept] = []
    denials: list[Denied] = []
    postponements: list[Postponed] = []
    warnings: dict[str, None] = {}
    for outcome in outcomes:
        match outcome:
            case Filled():
                fills.append(outcome)
            case Kept():
                kept.append(outcome)
            case Warned(text):
                warnings[text] = None
            case Denied():
                denials.append(outcome)
            case Postponed():
                postponements.append(outcome)
    return Decision(tuple(fills), tuple(kept), tuple(warnings), tuple(denials), tuple(postponements), profile)


def untouched(why: str) -> Decision:
    """The decision to leave a whole object alone."""
    return Decision(kept=(Kept("", why),))


def outcomes(field: Field, choice: Choice, place: Place = THE_OBJECT) -> tuple[Outcome, ...]:
    """What a choice of `policy` means for `field`."""
    if isinstance(choice, Fill):
        return (Filled(field, choice.value, choice.rule, place),)
    kept = Kept(place.prefix + field.name, choice.why)
    return (kept, Warned(choice.why)) if choice.warn else (kept,)
