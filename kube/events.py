"""Events: what we did or refused, told where the owner of the object looks (`kubectl describe`).

https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
"""

import logging
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from kube.allowance import Allowance
from kube.backoff import Backoff
from kube.client import Client
from kube.errors import ApiError, NotFound
from kube.occurrences import EventType, ObjectReference, Occurrence, Occurrences, cut
from kube.resources import EVENTS
from policy.shapes import Json

__all__ = ["EventRecorder", "EventType", "ObjectReference"]

_LOG: Final = logging.getLogger(__name__)

_WAITING_LIMIT: Final = 4096
_REMEMBERED: Final = 4096
_ATTEMPTS: Final = 4
_WRITE_SECONDS: Final = 5.0
# client-go's spam filter: so many Events about one object at once, and one more every five minutes.
_BURST: Final = 25
_REFILL_SECONDS: Final = 300.0
# Each costs the API server as much as a claim does. What the EventRateLimit plugin's documentation gives one user is of
# this order, too: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#eventratelimit
_AT_ONCE: Final = 100
_SECONDS_APART: Final = 0.1


@dataclass(frozen=True, slots=True)
class _Written:
    """An Event that is in the cluster, for its count to be raised."""

    name: str
    count: int


class EventRecorder:
    """Writes Events in a thread of its own. `record` neither waits nor raises, and may be called from any thread.

    What happens again to the same object, with the same words, raises the count of the Event that is there. Events
    are a courtesy: after a hundred at once they are written ten a second, warnings first, so that they hold up nothing
    that somebody waits for; one of too many about the same object, or for which the queue has no room, or which the
    API refuses, is dropped and counted in `dropped`.
    `component` says who reports: it is a name such as `nfs-steward-controller`, `instance` that of the Pod.
    """

    def __init__(
        self,
        client: Client,
        component: str,
        instance: str = "",
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._source = {"component": component}
        self._reporter = {"reportingComponent": component, "reportingInstance": instance or component}
        self._now = now
        self._clock = clock
        self._allowance = Allowance(_BURST, _REFILL_SECONDS, clock)
        self._pace = Allowance(_AT_ONCE, _SECONDS_APART, clock)
        self._waiting = Occurrences(_WAITING_LIMIT)
        self._written: OrderedDict[tuple[str, ...], _Written] = OrderedDict()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._deadline: float | None = None  # set when stopping
        self.dropped = 0

    def record(
        self, regarding: ObjectReference, event_type: EventType, reason: str, message: str, action: str = ""
    ) -> None:
        """Tell that something happened. `reason` is a word in CamelCase for machines, `message` a sentence for the
        person who wrote the object, cut at 1,024 bytes; `action` is what we did or tried, in CamelCase.
        """
        now = self._now()
        occurrence = Occurrence(regarding, event_type, reason, cut(message), action, now, now)
        with self._changed:
            if self._deadline is not None or not self._allowance.take(occurrence.sort[0]):
                self.dropped += 1
            elif self._waiting.put(occurrence):
                self._start()
                self._changed.notify()
            else:
                self.dropped += 1

    def stop(self, deadline: float = 3.0) -> None:
        """Write what is waiting, for at most `deadline` seconds; what is recorded from now on is dropped."""
        with self._changed:
            if self._deadline is None:
                self._deadline = self._clock() + deadline
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(deadline)

    def _start(self) -> None:
        # With the first Event and not before: the process may still fork.
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="events", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: len(self._waiting) or self._deadline is not None)
                if not self._waiting or self._remaining() <= 0:
                    return
                if self._deadline is None and not self._pace.take("all"):
                    self._changed.wait_for(lambda: self._deadline is not None, _SECONDS_APART)
                    continue
                occurrence = self._waiting.take()
            try:
                self._write_with_patience(occurrence)
            except Exception:
                _LOG.exception("event lost")

    def _remaining(self) -> float:
        return _WRITE_SECONDS if self._deadline is None else min(_WRITE_SECONDS, self._deadline - self._clock())

    def _write_with_patience(self, occurrence: Occurrence) -> None:
        backoff = Backoff(0.5, 4)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._write(occurrence)
                return
            except ApiError as error:
                if not error.transient or attempt == _ATTEMPTS or self._deadline is not None:
                    self._drop(occurrence, str(error))
                    return
                self._pause(max(backoff.failed(), error.retry_after or 0))

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._deadline is not None, seconds)

    def _write(self, occurrence: Occurrence) -> None:
        written = self._written.get(occurrence.sort)
        if written is not None:
            try:
                self._remember(occurrence, self._raise_count(written, occurrence))
                return
            except NotFound:
                pass  # Events end after an hour; a new one begins its count anew
        self._remember(occurrence, self._create(occurrence))

    def _raise_count(self, written: _Written, occurrence: Occurrence) -> _Written:
        count = written.count + occurrence.count
        patch = {"count": count, "lastTimestamp": _timestamp(occurrence.last)}
        namespace = occurrence.regarding.event_namespace
        self._client.patch(EVENTS, written.name, patch, namespace, type="merge", timeout=self._remaining())
        return _Written(written.name, count)

    def _create(self, occurrence: Occurrence) -> _Written:
        event = {**event_object(occurrence), "source": self._source, **self._reporter}
        self._client.create(EVENTS, event, timeout=self._remaining())
        return _Written(event["metadata"]["name"], occurrence.count)

    def _remember(self, occurrence: Occurrence, written: _Written) -> None:
        self._written[occurrence.sort] = written
        self._written.move_to_end(occurrence.sort)
        if len(self._written) > _REMEMBERED:
            self._written.popitem(last=False)

    def _drop(self, occurrence: Occurrence, why: str) -> None:
        self.dropped += 1
        keys = {"reason": occurrence.reason, "object": occurrence.regarding.as_json(), "why": why}
        _LOG.warning("event dropped", extra={"keys": keys})


def event_object(occurrence: Occurrence) -> Json:
    """The Event for an occurrence, without its reporter."""
    regarding = occurrence.regarding
    # Room for the suffix in the 253 characters that a name may have.
    name = f"{regarding.name[:236].rstrip('.-')}.{uuid.uuid4().hex[:16]}"
    event = {
        "apiVersion": EVENTS.api_version,
        "kind": EVENTS.kind,
        "metadata": {"name": name, "namespace": regarding.event_namespace},
        "involvedObject": regarding.as_json(),
        "type": occurrence.type,
        "reason": occurrence.reason,
        "message": occurrence.message,
        "count": occurrence.count,
        "firstTimestamp": _timestamp(occurrence.first),
        "lastTimestamp": _timestamp(occurrence.last),
    }
    return event | ({"action": occurrence.action} if occurrence.action else {})


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
