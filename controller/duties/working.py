"""Working off a queue, one object after another."""

import time

from controller.duties.role import Role
from controller.duties.settling import Again, Later, NotLeading, Settled, Settler, Verdict
from controller.metrics import ControllerMetrics
from controller.queue import WorkQueue
from controller.work import Kind, Work
from policy.errors import StewardError
from runtime.logs import Logger


class Worker:
    """Deals with objects of a role; used by several threads at once, each with another object in hand."""

    def __init__(self, role: Role, settler: Settler, queue: WorkQueue[Work], metrics: ControllerMetrics) -> None:
        self._role = role
        self._settler = settler
        self._queue = queue
        self._metrics = metrics

    def deal_with(self, work: Work, log: Logger) -> None:
        """Deal with one object, and see to it that it comes again where it must. Raises nothing."""
        log = log.bind(kind=work.kind, namespace=work.namespace, name=work.name)
        started = time.monotonic()
        verdict = self._verdict(work, log)
        self._metrics.seconds.labels(self._role.name, work.kind).observe(time.monotonic() - started)
        self._metrics.settled.labels(self._role.name, work.kind, type(verdict).__name__.lower()).inc()
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
