"""One duty: its election, its queue, the threads that work it off, and the full pass now and then."""

import random
import threading
import time
from dataclasses import dataclass
from typing import Final

from controller.duties.role import Role
from controller.duties.settling import Gateways, Settler
from controller.duties.working import Worker
from controller.metrics import ControllerMetrics
from controller.queue import WorkQueue
from controller.work import Kind, Work
from kube.backoff import Backoff
from kube.lease import LeaderElection
from policy.errors import StewardError
from runtime.logs import Logger, get_logger

_LOG: Final = get_logger(__name__)
_GET_SECONDS: Final = 60.0


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


DUTY_TIMING: Final = DutyTiming()


class Duty:
    """Works while it leads. What changes before that is not lost: leading begins with a look at everything."""

    def __init__(
        self,
        role: Role,
        gateways: Gateways,
        election: LeaderElection,
        metrics: ControllerMetrics,
        timing: DutyTiming = DUTY_TIMING,
    ) -> None:
        self.name = role.name
        self.election = election
        self._role = role
        self._timing = timing
        self._log: Logger = _LOG.bind(duty=role.name)
        self._queue: WorkQueue[Work] = WorkQueue(
            lambda: Backoff(timing.retry_first, timing.retry_longest), can_wait=lambda work: work.kind.can_wait
        )
        self._worker = Worker(role, Settler(gateways, lambda: self.leading), self._queue, metrics)
        self._working = threading.Event()
        self._stopping = threading.Event()
        self._pass_wanted = threading.Event()
        self._no_candidate = threading.Event()
        targets = (self._pass_now_and_then, *[self._work] * timing.workers)
        self._threads = [threading.Thread(target=target, name=role.name, daemon=True) for target in targets]
        self._candidate = threading.Thread(target=self._stand_for_election, name=f"{role.name}-lease", daemon=True)
        metrics.watch_duty(role.name, lambda: self.leading, self._queue.__len__)

    @property
    def leading(self) -> bool:
        """Whether it may act, by a Lease that is held at this very moment."""
        return self._working.is_set() and self.election.leading

    def start(self) -> None:
        """Stand for election, and work whenever it is won."""
        for thread in (*self._threads, self._candidate):
            thread.start()

    def begin_to_stop(self) -> None:
        """Act no more from now on, and return at once."""
        self._stopping.set()
        self._follow()
        self._queue.close()
        self._pass_wanted.set()

    def stop(self, timeout: float) -> None:
        """Act no more, then give the Lease back. Returns when that is done, or after about `timeout` seconds."""
        self.begin_to_stop()
        give_up = time.monotonic() + timeout
        for thread in filter(threading.Thread.is_alive, self._threads):
            thread.join(max(0.0, give_up - time.monotonic()))
        self._no_candidate.set()
        if self._candidate.is_alive():
            self._candidate.join(max(1.0, give_up - time.monotonic()))

    def changed(self, work: Work) -> None:
        """An object has changed: look at it, if it is our work."""
        if self._working.is_set() and (work.kind is Kind.NAMESPACE or self._role.wants(work)):
            self._queue.add(work)

    def classes_changed(self) -> None:
        """A StorageClass has changed: claims may have waited for it."""
        for work in self._role.everything() if self._working.is_set() else ():
            if work.kind is Kind.CLAIM:
                self._queue.add(work)

    def look_at_everything(self) -> None:
        """Look at everything soon, such as after a change of policy."""
        self._pass_wanted.set()

    def hurry(self) -> None:
        """What was waited for may have come: try again now whatever failed."""
        self._queue.hurry()

    def _stand_for_election(self) -> None:
        while not self._no_candidate.is_set():
            try:
                self.election.run(self._no_candidate, self._lead, self._follow)
            except Exception:
                self._follow()
                self._log.exception("the election failed")
                self._no_candidate.wait(self._timing.retry_longest)

    def _lead(self) -> None:
        if not self._stopping.is_set():
            self._log.info("leading")
            self._working.set()
            self._pass_wanted.set()

    def _follow(self) -> None:
        self._working.clear()
        self._queue.clear()

    def _work(self) -> None:
        while not self._stopping.is_set():
            work = self._queue.get(_GET_SECONDS)
            if work is None:
                continue
            try:
                if self._working.is_set():
                    self._worker.deal_with(work, self._log)
            finally:
                self._queue.done(work)

    def _pass_now_and_then(self) -> None:
        while not self._stopping.is_set():
            wanted = self._pass_wanted.wait(self._timing.full_pass * random.uniform(0.9, 1.1))
            self._pass_wanted.clear()
            if self._working.is_set():
                self._look_at_everything(spread=0.0 if wanted else self._timing.full_pass_spread)

    def _look_at_everything(self, spread: float) -> None:
        """Have everything dealt with, at random times within `spread` seconds."""
        for work in self._role.everything():
            self._queue.add_after(work, random.uniform(0, spread))
        try:
            for work in self._role.unwatched():
                self._queue.add_after(work, random.uniform(0, spread))
        except StewardError as error:
            self._log.warning("what is not watched cannot be listed", error=str(error))
            if not self._stopping.wait(self._timing.retry_longest):
                self._pass_wanted.set()
