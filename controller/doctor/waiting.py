"""For how long objects have waited, and what the newest Warning says about them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from policy.shapes import Json, text

PATIENCE_SECONDS: Final = 60.0
"""How long an object may wait before that alone is told: binder, provisioners and controllers take seconds."""

Name: TypeAlias = tuple[str, str]
"""Namespace (empty where there is none) and name."""


def name_of(obj: Json) -> Name:
    """What tells an object from all others of its kind."""
    return text(obj, "metadata", "namespace") or "", text(obj, "metadata", "name") or ""


def newest_warnings(events: Sequence[Json], kind: str) -> Mapping[Name, str]:
    """What the newest Warning about each object of a kind says, of Events that are all Warnings."""
    newest: dict[Name, str] = {}
    for event in sorted(events, key=_when):
        if text(event, "involvedObject", "kind") == kind:
            namespace, name = (text(event, "involvedObject", field) or "" for field in ("namespace", "name"))
            newest[namespace, name] = text(event, "message") or ""
    return newest


def waited(since: str | None, now: datetime) -> float:
    """Seconds since a moment (RFC 3339); none has passed where it is not known."""
    return (now - datetime.fromisoformat(since)).total_seconds() if since else 0.0


def _when(event: Json) -> str:
    """RFC 3339 in UTC, so that text order is time order; the fields depend on who wrote the Event, and how."""
    series = text(event, "series", "lastObservedTime")
    return series or text(event, "lastTimestamp") or text(event, "eventTime") or ""
