"""What we filled in for a case and by which rule, as our webhook and our controller said it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from policy.shapes import Json, text
from testbed.story.audit import WebhookFill
from testbed.story.cases import CLASS, DIRECTORY, MOUNT_OPTIONS
from testbed.story.snapshot import Scene

# Our controller tells what it did in Events with these reasons; administrators match on them, too.
_FIELD_OF_REASON: Final = {
    "DirectoryCreated": DIRECTORY,
    "GateLifted": DIRECTORY,
    "ProvisioningSucceeded": DIRECTORY,
    "MountOptionsFilledIn": MOUNT_OPTIONS,
    "StorageClassFilledIn": CLASS,
}
# That one was made is said at the end of what followed from it, where something did.
_MADE: Final = "Made directory "
# In its messages the rule stands in parentheses, and the export behind the directory.
_RULE: Final = re.compile(r"\(([^()]+)\)|\bon (export [^\s:]+)")


@dataclass(frozen=True, slots=True)
class Fill:
    """Something that an author left out and we supplied; `value` is empty where it is no longer to be seen."""

    field: str
    value: str
    rule: str

    @property
    def marks(self) -> bool:
        """Whether it is a label or annotation of ours, which no author leaves out."""
        return self.field.startswith("metadata.")

    def __str__(self) -> str:
        return f"{self.field} = {self.value}" if self.value else self.field


def fills_of(scene: Scene, by_webhook: Iterable[WebhookFill]) -> tuple[Fill, ...]:
    """What was filled in for a case, each field once: on creation by the webhook, later by the controller."""
    found: dict[str, Fill] = {}
    for fill in (*_on_creation(scene, by_webhook), *_later(scene)):
        found.setdefault(fill.field, fill)
    return tuple(found.values())


def filled_text(fills: Iterable[Fill]) -> str:
    """The fields with their values."""
    return "; ".join(str(fill) for fill in fills if not fill.marks)


def rule_text(fills: Iterable[Fill]) -> str:
    """The rules, each once, in the order of the fields."""
    return "; ".join(dict.fromkeys(fill.rule for fill in fills if not fill.marks))


def _on_creation(scene: Scene, by_webhook: Iterable[WebhookFill]) -> Iterator[Fill]:
    objects = {obj["kind"]: obj for obj in (scene.claim, scene.pod, scene.volume) if obj}
    for fill in by_webhook:
        obj = objects.get(fill.kind)
        if obj and fill.name == text(obj, "metadata", "name") and fill.namespace in ("", scene.place.namespace):
            yield Fill(fill.field, _shown(obj, fill.field), fill.rule)


def _later(scene: Scene) -> Iterator[Fill]:
    for event in scene.events("PersistentVolumeClaim", "PersistentVolume", "Pod"):
        field, message = _FIELD_OF_REASON.get(text(event, "reason") or ""), text(event, "message") or ""
        if field and (field != DIRECTORY or _MADE in message):
            yield Fill(field, _supplied_later(scene, field), _rule(message.partition(_MADE)[2] or message))


def _supplied_later(scene: Scene, field: str) -> str:
    if field == DIRECTORY:
        return scene.directory or ""
    return _shown((scene.volume if field == MOUNT_OPTIONS else scene.claim) or {}, field)


def _rule(message: str) -> str:
    found = _RULE.search(message)
    return (found[1] or found[2]) if found else message


def _shown(obj: Json, field: str) -> str:
    """The value of a field in the object as it stands now; '' where it has none that can be shown in a line."""
    here: Any = obj
    for step in field.split("."):
        here = here.get(step) if isinstance(here, dict) else None
    if isinstance(here, list):
        return ",".join(map(str, here))
    return (here or '""') if isinstance(here, str) else ""
