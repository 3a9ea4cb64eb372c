"""One duty: a queue, the threads that work it off, and the full pass now and then, while it leads."""

import random
import threading
import time
from dataclasses import dataclass
from typing import Final

from controller.duties.role import Role
from controller.duties.settling import Again, Gateways, Later, NotLeading, Settled, Settler, Verdict
from controller.metrics import ControllerMetrics
from controller.queue import WorkQueue
from controller.work import Kind, Work
from kube.backoff import Backoff
from policy.errors import StewardError
from runtime.logs import Logger, get_logger

_LOG: Final = get_logger(__name__)
_GET_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class DutyTiming:
    """In seconds: a failed object is tried again after `retry_first`, then twice as long each time up to
    `retry_longest`; everything is looked at every `full_pass`, spread over `full_pass_spread`.
    """

    retry_first: float = 0.2
    retry_longest: float = 60.0
    full_pass: float = 600.0
    full_pass_spread: float = 120.0
    workers: int = 4


USUAL_TIMING: Final = DutyTiming()


class Duty:
    """Works while it leads. What changes before that is not lost: leading begins with a look at everything."""

    def __init__(
        self, name: str, role: Role, gateways: Gateways, metrics: ControllerMetrics, timing: DutyTiming = USUAL_TIMING
    ) -> None:
        self.name = name
        self._role = role
        self._metrics = metrics
        self._timing = timing
        self._log: Logger = _LOG.bind(duty=name)
        self._queue: WorkQueue[Work] = WorkQueue(lambda: Backoff(timing.retry_first, timing.retry_longest))
        self._leading = threading.Event()
        self._settler = Settler(gateways, self._leading.is_set)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(timing.workers)
        ]
        self._threads.append(threading.Thread(target=self._pass_now_and_then, name=f"{name}-full-pass", daemon=True))
        metrics.watch_duty(name, self._leading.is_set, self._queue.__len__)

    def start(self) -> None:
        """Start the threads; they wait until it leads."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float) -> None:
        """Do no more. Returns when the threads have ended, or after `timeout` seconds if one hangs."""
        self._stopping.set()
        self.follow()
        give_up = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, give_up - time.monotonic()))

    def lead(self) -> None:
        """The Lease is ours: begin to act."""
        self._log.info("leading")
        self._leading.set()
        self.look_at_everything()

    def follow(self) -> None:
        """The Lease is not ours (any more): act no more."""
        if self._leading.is_set():
            self._log.info("no longer leading")
        self._leading.clear()
        self._queue.clear()

    def changed(self, work: Work) -> None:
        """An object has changed: look at it, if it is our work."""
        if self._leading.is_set() and (work.kind is Kind.NAMESPACE or self._role.wants(work)):
            self._queue.add(work)

    def classes_changed(self) -> None:
        """A StorageClass has changed: claims may have waited for it."""
        if self._leading.is_set():
            self._enqueue_all(Kind.CLAIM)

    def look_at_everything(self) -> None:
        """Look at everything now, such as after a change of policy."""
        if self._leading.is_set():
            self._enqueue_all()

    def hurry(self) -> None:
        """What was waited for may have come: try again now whatever failed."""
        self._queue.hurry()

    def _enqueue_all(self, kind: Kind | None = None) -> None:
        for work in self._role.everything():
            if kind in (None, work.kind):
                self._queue.add(work)

    def _work(self) -> None:
        while not self._stopping.is_set():
            work = self._queue.get(_GET_SECONDS)
            if work is None:
                continue
            try:
                if self._leading.is_set():
                    self._deal_with(work)
            finally:
                self._queue.done(work)

    def _deal_with(self, work: Work) -> None:
        log = self._log.bind(kind=work.kind, namespace=work.namespace, name=work.name)
        started = time.monotonic()
        verdict = self._verdict(work, log)
        self._metrics.seconds.labels(self.name, work.kind).observe(time.monotonic() - started)
        self._metrics.settled.labels(self.name, work.kind, type(verdict).__name__.lower()).inc()
        match verdict:
            case Settled():
                self._queue.forget(work)
            case Later(after):
                self._queue.forget(work)
                self._queue.add_after(work, after)
            case Again(why):
                log.info("tried in vain, will try again", why=why, seconds=round(self._queue.retry(work), 1))

    def _verdict(self, work: Work, log: Logger) -> Verdict:
        try:
            if work.kind is Kind.NAMESPACE:
                self._enqueue_namespace(work.name)
            return self._settler.settle(self._role.open(work))
        except NotLeading:
            return Settled()
        except StewardError as error:
            return Again(str(error))
        except Exception:
            log.exception("dealing with an object failed")
            return Again("an unexpected error, see the log")

    def _enqueue_namespace(self, namespace: str) -> None:
        """Its labels may have changed what holds for everything in it."""
        for work in self._role.everything(namespace):
            if work.kind is not Kind.NAMESPACE:
                self._queue.add(work)

    def _pass_now_and_then(self) -> None:
        while not self._stopping.wait(self._timing.full_pass * random.uniform(0.9, 1.1)):
            if self._leading.is_set():
                for work in self._role.everything():
                    self._queue.add_after(work, random.uniform(0, self._timing.full_pass_spread))
