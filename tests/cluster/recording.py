"""Every change of a collection from a given moment on, so that what must never be seen is looked for all the time."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kube.client import Client
from kube.resources import Resource
from kube.watch import Watch, WatchLimits
from policy.shapes import Json, mapping, text

T = TypeVar("T")

_LONGEST_SHOWN = 4000  # characters
_LIMITS = WatchLimits(lifetime=900.0)  # seconds: longer than any test

Note = Callable[[Json], Any]
"""What to look at, elsewhere, at the moment when a change is seen."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One change, and the note that was taken when it came."""

    type: str
    object: Json
    note: Any


@dataclass
class Recording:
    """What has been seen so far; `latest` has what exists now, by name."""

    latest: dict[str, Json] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    problem: Exception | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, what: str, probe: Callable[[Mapping[str, Json]], T | None], timeout: float) -> T:
        """What `probe` makes of `latest`, as soon as that is something true; fails, naming `what`, after `timeout`."""
        give_up = time.monotonic() + timeout
        with self.changed:
            while not (found := probe(self.latest)):
                assert self.problem is None, self.problem
                left = give_up - time.monotonic()
                assert left > 0, f"{what}: not within {timeout:.0f} s; last seen: {self._in_short()}"
                self.changed.wait(left)
            return found

    def _in_short(self) -> str:
        whole = {name: {**mapping(obj, "status"), **mapping(obj, "spec")} for name, obj in self.latest.items()}
        return str(whole)[:_LONGEST_SHOWN]

    def take(self, kind: str, obj: Json, note: Any) -> None:
        """Write a change down."""
        name = text(obj, "metadata", "name") or ""
        with self.changed:
            self.seen.append(Seen(kind, obj, note))
            if kind == "DELETED":
                self.latest.pop(name, None)
            else:
                self.latest[name] = obj
            self.changed.notify_all()


@contextmanager
def recording(
    client: Client, resource: Resource, namespace: str | None = None, note: Note = lambda _: None
) -> Iterator[Recording]:
    """Record within the block. What is there already is in `latest`, and not among what was seen."""
    listing = client.list(resource, namespace)
    record = Recording({item["metadata"]["name"]: item for item in listing.items})
    watch = client.watch(resource, listing.resource_version, namespace, limits=_LIMITS)
    watch.open()
    thread = threading.Thread(target=_follow, args=(watch, record, note), daemon=True)
    thread.start()
    try:
        yield record
        assert record.problem is None, record.problem
    finally:
        watch.close()
        thread.join()


def _follow(watch: Watch, record: Recording, note: Note) -> None:
    try:
        for event in watch:
            if event.type != "BOOKMARK":
                record.take(event.type, event.object, note(event.object))
        ended: Exception = EOFError("the watch has ended")
    except Exception as problem:
        ended = problem
    with record.changed:
        record.problem = ended
        record.changed.notify_all()
