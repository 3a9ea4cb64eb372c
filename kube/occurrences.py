"""What is waiting to be written as Events: bounded, with repetitions merged."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias

from policy.shapes import Json, text

EventType: TypeAlias = Literal["Normal", "Warning"]

# The API refuses a longer `note` of an events.k8s.io Event, which is what `message` is to those who read them there.
_LONGEST_MESSAGE_BYTES: Final = 1024
_ELLIPSIS: Final = "…"


@dataclass(frozen=True, slots=True)
class ObjectReference:
    """The object that an Event is about. `namespace` is `None` for a kind that has none."""

    api_version: str
    kind: str
    name: str
    namespace: str | None = None
    uid: str = ""

    @classmethod
    def of(cls, obj: Json) -> "ObjectReference":
        """A reference to an object that says what it is, as those do that came from get, list and watch (not those
        asked for by metadata alone).
        """
        return cls(
            text(obj, "apiVersion") or "",
            text(obj, "kind") or "",
            text(obj, "metadata", "name") or "",
            text(obj, "metadata", "namespace"),
            text(obj, "metadata", "uid") or "",
        )

    @property
    def event_namespace(self) -> str:
        """Where Events about it belong: a namespace's are written in itself, or those who work in it never see them;
        those of other objects without a namespace in `default`, as the API demands.
        """
        if self.namespace:
            return self.namespace
        return self.name if self.kind == "Namespace" else "default"

    def as_json(self) -> Json:
        """The Event's `involvedObject`."""
        namespace = self.event_namespace if self.namespace or self.kind == "Namespace" else None
        fields = {
            "apiVersion": self.api_version,
            "kind": self.kind,
            "name": self.name,
            "namespace": namespace,
            "uid": self.uid,
        }
        return {name: value for name, value in fields.items() if value}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened to `regarding`, `count` times from `first` to `last`."""

    regarding: ObjectReference
    type: EventType
    reason: str
    message: str
    action: str
    first: datetime
    last: datetime
    count: int = 1

    @property
    def sort(self) -> tuple[str, ...]:
        """Equal for those that one Event can count together."""
        subject = self.regarding.uid or f"{self.regarding.kind}/{self.regarding.namespace}/{self.regarding.name}"
        return subject, self.type, self.reason, self.message

    def again(self, other: "Occurrence") -> "Occurrence":
        """This one and a later one of the same sort."""
        return replace(self, last=other.last, count=self.count + other.count)


class Occurrences:
    """A queue that holds each sort once, and at most `limit` sorts of each type. Not thread-safe."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._warnings: OrderedDict[tuple[str, ...], Occurrence] = OrderedDict()
        self._others: OrderedDict[tuple[str, ...], Occurrence] = OrderedDict()

    def __len__(self) -> int:
        return len(self._warnings) + len(self._others)

    def put(self, occurrence: Occurrence) -> bool:
        """Add one; False: there is no room, and it is not added."""
        line = self._warnings if occurrence.type == "Warning" else self._others
        waiting = line.get(occurrence.sort)
        if waiting is None and len(line) >= self._limit:
            return False
        line[occurrence.sort] = occurrence if waiting is None else waiting.again(occurrence)
        return True

    def take(self) -> Occurrence:
        """Remove the warning that has waited longest, or else the other; raises KeyError when there is none."""
        return (self._warnings or self._others).popitem(last=False)[1]


def cut(message: str) -> str:
    """A message no longer than an Event may hold, cut between characters."""
    raw = message.encode("utf-8", "replace")
    if len(raw) <= _LONGEST_MESSAGE_BYTES:
        return raw.decode()
    return raw[: _LONGEST_MESSAGE_BYTES - len(_ELLIPSIS.encode())].decode("utf-8", "ignore") + _ELLIPSIS
