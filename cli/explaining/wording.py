"""How decisions are told to people: one reason a field."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from policy.errors import shorten
from webhook.decision import Decision


@dataclass(frozen=True, slots=True)
class Reason:
    """What became of one field and why; as text, a sentence. `field` is empty where all of the object is meant."""

    what: Literal["filled in", "left alone", "refused", "directory", "no directory", "note"]
    field: str
    why: str
    value: str = ""

    def __str__(self) -> str:
        if self.what == "note":
            return self.why
        subject = f"{self.field}: " if self.field else ""
        if self.what == "filled in":
            return f"{subject}filled in with {self.value} by {self.why}"
        if self.what == "directory":
            return f"directory {self.value}: {self.why}"
        return f"{subject}{self.what}: {self.why}"


def note(text: str) -> Reason:
    """Something that is worth telling although nothing was decided."""
    return Reason("note", "", text)


def reasons_for(decision: Decision) -> Iterator[Reason]:
    """Yield a reason for each field that was looked at; warnings are told elsewhere."""
    for fill in decision.fills:
        yield Reason("filled in", fill.label, _rule(fill.rule, decision.profile), _shown(fill.value))
    for kept in decision.kept:
        yield Reason("left alone", kept.label, kept.why)
    for denied in decision.denials:
        yield Reason("refused", denied.label, denied.message)


def _rule(rule: str, profile: str) -> str:
    """The rule, and of which profile it is where it does not say so itself."""
    return rule if not profile or f"profile {profile}" in rule else f"{rule} (profile {profile})"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value or '""'
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    return shorten(orjson.dumps(value).decode()).strip("'")
