"""Leader election: of several processes that want it, one at a time holds a Lease and works.

The rules are client-go's, so that ours and other clients' candidates could share a Lease. What a holder may rely on
is only its own monotonic clock: it stops `renew_deadline` after the last renewal that it saw succeed, and the others
take over no sooner than the lease's duration after the last renewal that they saw.
Why not the `kubernetes` client's own: docs/notes-on-the-client.md.
"""

import enum
import logging
import random
import socket
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from kube.client import Client
from kube.clock import Clock, SystemClock
from kube.errors import AlreadyExists, ApiError, Conflict, NotFound
from kube.leaserecord import LeaseRecord, annotated, held_by, new_lease, record_of, released
from kube.resources import LEASES
from policy.shapes import Json

_LOG: Final = logging.getLogger(__name__)
_CALL_SECONDS: Final = 5.0
_JITTER: Final = 1.2


@dataclass(frozen=True, slots=True)
class LeaseDurations:
    """In seconds: how long the others wait for a holder that has fallen silent (`lease`), how long a holder tries to
    renew before it stops (`renew_deadline`), and how long to wait between two attempts (`retry`).

    Raises ValueError unless lease > renew_deadline > 1.2 times retry.
    """

    lease: float = 15.0
    renew_deadline: float = 10.0
    retry: float = 2.0

    def __post_init__(self) -> None:
        if not self.lease > self.renew_deadline > _JITTER * self.retry > 0:
            raise ValueError(f"{self}: lease must exceed renew_deadline, and that 1.2 times retry")


USUAL_DURATIONS: Final = LeaseDurations()


class _Attempt(enum.Enum):
    HELD = "the lease is ours"
    TAKEN = "somebody else holds it"
    UNKNOWN = "the API gave no answer that tells"


def unique_identity() -> str:
    """A name for this process that no other one has had: two with the same name would both believe they lead."""
    return f"{socket.gethostname()}_{uuid.uuid4()}"


class LeaderElection:
    """One candidate for the Lease `name` in `namespace`."""

    def __init__(
        self,
        client: Client,
        name: str,
        namespace: str,
        identity: str,
        *,
        clock: Clock | None = None,
        durations: LeaseDurations = USUAL_DURATIONS,
    ) -> None:
        self._client = client
        self._name = name
        self._namespace = namespace
        self._identity = identity
        self._clock = clock or SystemClock()
        self._durations = durations
        self._lease: Json | None = None  # as last written by us
        self._observed: LeaseRecord | None = None
        self._observed_at = 0.0
        self._renewed_at: float | None = None
        self._contact: float | None = None
        self._say: Callable[[], Mapping[str, str]] = dict

    @property
    def leading(self) -> bool:
        """Whether we are sure to lead at this moment. False as soon as a renewal is overdue, even while the thread
        that should have noticed hangs in a call.
        """
        renewed = self._renewed_at
        return renewed is not None and self._clock.monotonic() - renewed < self._durations.renew_deadline

    @property
    def holder(self) -> str:
        """Who held the Lease when we last looked; empty: nobody."""
        return self._observed.holder if self._observed else ""

    @property
    def last_contact(self) -> float | None:
        """Seconds since the API last told us who holds the Lease, or `None` before the first time."""
        return None if self._contact is None else self._clock.monotonic() - self._contact

    def announce(self, say: Callable[[], Mapping[str, str]]) -> None:
        """Write what `say` returns as annotations with every renewal, so that others who watch the Lease know it at no
        further cost; it is called in the thread that renews, and must neither wait nor raise.
        """
        self._say = say

    def run(self, stop: threading.Event, on_started: Callable[[], None], on_lost: Callable[[], None]) -> None:
        """Wait to become the leader, call `on_started`, and renew until `stop` is set or the Lease is lost.

        Both are called in this thread: `on_started` must return, the work being done elsewhere. When `stop` is set
        the Lease is given back at once, so what it protects must have ended by then. When it is lost, `on_lost` is
        called, which must end the work at once, and `run` returns. It may be called again.
        """
        if not self._acquire(stop):
            return
        try:
            on_started()
            lost = self._renew(stop)
        except BaseException:
            self._release()
            raise
        if lost:
            on_lost()
        else:
            self._release()

    def _acquire(self, stop: threading.Event) -> bool:
        while not stop.is_set():
            if self._attempt(_CALL_SECONDS) is _Attempt.HELD:
                _LOG.info("became the leader", extra={"keys": self._keys()})
                return True
            self._clock.wait(stop, self._durations.retry * random.uniform(1, 1 + _JITTER))
        return False

    def _renew(self, stop: threading.Event) -> bool:
        """Renew until `stop` is set (False) or the Lease is lost (True)."""
        while not self._clock.wait(stop, min(self._durations.retry, max(self._remaining(), 0.0))):
            remaining = self._remaining()
            attempt = self._attempt(min(_CALL_SECONDS, remaining)) if remaining > 0 else _Attempt.UNKNOWN
            if attempt is _Attempt.TAKEN or self._remaining() <= 0:
                self._renewed_at = None
                _LOG.error("lost the lease", extra={"keys": {**self._keys(), "why": attempt.value}})
                return True
        return False

    def _remaining(self) -> float:
        """Seconds for which we may still act as the leader."""
        since = self._clock.monotonic() - (self._renewed_at or 0.0)
        return self._durations.renew_deadline - since

    def _attempt(self, timeout: float) -> _Attempt:
        """Take or renew the Lease if we may."""
        # From before the call: the others may see our renewal the moment the server has it.
        started = self._clock.monotonic()
        try:
            attempt = self._take(timeout)
        except ApiError as error:
            _LOG.warning("lease cannot be read or written", extra={"keys": {**self._keys(), "error": str(error)}})
            return _Attempt.UNKNOWN
        self._contact = self._clock.monotonic()
        if attempt is _Attempt.HELD:
            self._renewed_at = started
        return attempt

    def _take(self, timeout: float) -> _Attempt:
        if self._lease is not None:
            try:
                return self._write(self._lease, timeout)
            except (Conflict, NotFound):
                self._lease = None  # changed or deleted by somebody: look again
        try:
            lease = self._client.get(LEASES, self._name, self._namespace, timeout=timeout)
        except NotFound:
            return self._create(timeout)
        self._observe(lease)
        if not self._free():
            return _Attempt.TAKEN
        try:
            return self._write(lease, timeout)
        except Conflict:
            return _Attempt.TAKEN if self._renewed_at is None else _Attempt.UNKNOWN

    def _create(self, timeout: float) -> _Attempt:
        fresh = self._ours(new_lease(self._name, self._namespace))
        try:
            self._hold(self._client.create(LEASES, fresh, timeout=timeout))
        except AlreadyExists:
            return _Attempt.TAKEN
        return _Attempt.HELD

    def _write(self, lease: Json, timeout: float) -> _Attempt:
        self._hold(self._client.replace(LEASES, self._ours(lease), timeout=timeout))
        return _Attempt.HELD

    def _ours(self, lease: Json) -> Json:
        return annotated(held_by(lease, self._identity, self._durations.lease, self._clock.now()), self._say())

    def _hold(self, lease: Json) -> None:
        self._lease = lease
        self._observe(lease)

    def _observe(self, lease: Json) -> None:
        record = record_of(lease, self._durations.lease)
        if record == self._observed:
            return
        if record.holder != self.holder:
            _LOG.info("lease has another holder", extra={"keys": {**self._keys(), "holder": record.holder}})
        self._observed = record
        self._observed_at = self._clock.monotonic()

    def _free(self) -> bool:
        record = self._observed
        if record is None or record.holder in ("", self._identity):
            return True
        return self._clock.monotonic() - self._observed_at >= record.duration

    def _release(self) -> None:
        lease, self._lease, self._renewed_at = self._lease, None, None
        if lease is None:
            return
        try:
            self._client.replace(LEASES, released(lease, self._clock.now()), timeout=_CALL_SECONDS)
        except ApiError as error:
            # Somebody else has it, or waits until it runs out.
            _LOG.info("lease not given back", extra={"keys": {**self._keys(), "error": str(error)}})

    def _keys(self) -> dict[str, str]:
        return {"lease": self._name, "namespace": self._namespace, "identity": self._identity}
