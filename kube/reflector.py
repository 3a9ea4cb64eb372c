"""The loop beneath an informer: list, watch, resume, and list again when there is nothing to resume from.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

import logging
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from kube.backoff import Backoff
from kube.client import Client
from kube.errors import ApiError, Gone, Silent
from kube.options import Selection
from kube.resources import Resource
from kube.watch import Watch, WatchEvent, WatchLimits
from policy.shapes import Json, text

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class InformerTimes:
    """In seconds. A watch lasts a random time of `shortest` to `longest`, so that those of many clients do not end
    together; `silence` without an event or bookmark ends it too. After a failure, `retry` is waited, twice as long
    after each further one, up to `slowest`. A watch without an event that ends sooner than `brief` is a failure.
    """

    shortest: float = 300.0
    longest: float = 600.0
    silence: float = 150.0
    retry: float = 0.8
    slowest: float = 30.0
    brief: float = 1.0


USUAL_TIMES: Final = InformerTimes()


@dataclass(frozen=True, slots=True)
class Collection:
    """Which objects: those of `resource`, in one namespace or in all, that `selection` selects."""

    client: Client
    resource: Resource
    namespace: str | None
    selection: Selection


class Sink(Protocol):
    """Who is told what the server says, in the reflector's thread."""

    def replace(self, objects: Iterator[Json]) -> None:
        """All objects, as they are at one moment. Must have read them all before it acts: the iterator may raise."""

    def put(self, obj: Json) -> None:
        """One object, added or changed."""

    def remove(self, obj: Json) -> None:
        """One object, deleted or no longer selected."""


class Reflector:
    """Tells a sink the state of a collection and then every change, for as long as `run` runs."""

    def __init__(self, collection: Collection, sink: Sink, times: InformerTimes = USUAL_TIMES) -> None:
        self._collection = collection
        self._sink = sink
        self._times = times
        self._backoff = Backoff(times.retry, times.slowest)
        self._version: str | None = None  # how far we are; None: not begun, or lost
        self._watch: Watch | None = None
        self._contact: float | None = None
        self._failure: str | None = None

    @property
    def last_contact(self) -> float | None:
        """Seconds since the server last said something, or `None` before the first time."""
        return None if self._contact is None else time.monotonic() - self._contact

    @property
    def failure(self) -> str | None:
        """What has gone wrong since the server last said something, for people."""
        return self._failure

    def run(self, stop: threading.Event) -> None:
        """List and watch until `stop` is set (and, to end it promptly, `interrupt` called). Raises nothing."""
        while not stop.is_set():
            try:
                delay = self._round(stop)
            except ApiError as error:
                delay = self._failed(error)
            except Exception as error:
                _LOG.exception("informer failed", extra={"keys": {"resource": self._collection.resource.plural}})
                self._version, self._failure = None, str(error)
                delay = self._backoff.failed()
            stop.wait(delay)

    def interrupt(self) -> None:
        """End the watch under way, from another thread."""
        if self._watch is not None:
            self._watch.close()

    def _round(self, stop: threading.Event) -> float:
        """One list, if we have nothing to resume from, and one watch; the seconds to wait before the next round."""
        if self._version is None:
            self._list()
        started = time.monotonic()
        seen = self._follow(stop)
        return 0.0 if seen or time.monotonic() - started >= self._times.brief else self._backoff.failed()

    def _list(self) -> None:
        try:
            self._list_in(pages=True)
        except Gone:
            # The server no longer has the list of which we read the first pages.
            self._list_in(pages=False)

    def _list_in(self, *, pages: bool) -> None:
        of = self._collection
        paging = of.selection if pages else {**of.selection, "page_size": 0}
        listing = of.client.list(of.resource, of.namespace, **paging)
        self._sink.replace(listing.items)
        self._version = listing.resource_version
        self._heard()

    def _follow(self, stop: threading.Event) -> int:
        of = self._collection
        limits = WatchLimits(random.uniform(self._times.shortest, self._times.longest), self._times.silence)
        self._watch = of.client.watch(of.resource, self._version or "", of.namespace, limits=limits, **of.selection)
        if stop.is_set():  # it may have come before there was a watch to interrupt
            return 0
        self._watch.open()
        self._heard()
        seen = 0
        for event in self._watch:
            seen += 1
            self._take(event)
        return seen

    def _take(self, event: WatchEvent) -> None:
        if event.type == "DELETED":
            self._sink.remove(event.object)
        elif event.type != "BOOKMARK":
            self._sink.put(event.object)
        # After the sink has it: were the sink to fail, the event would come again.
        self._version = text(event.object, "metadata", "resourceVersion") or self._version
        self._backoff.succeeded()
        self._heard()

    def _heard(self) -> None:
        self._contact = time.monotonic()
        self._failure = None

    def _failed(self, error: ApiError) -> float:
        self._failure = str(error)
        # After silence, too, we list again: where a cluster's store was put back to an earlier state, a watch from a
        # version that lies in the future gets no error, no event and no bookmark.
        if not error.transient or isinstance(error, Silent):
            self._version = None
        delay = max(self._backoff.failed(), error.retry_after or 0.0)
        keys = {
            "resource": self._collection.resource.plural,
            "error": str(error),
            "retry_seconds": round(delay, 1),
        }
        _LOG.warning("list or watch failed", extra={"keys": keys})
        return delay
