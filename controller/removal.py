"""Leaving a cluster: what is to be done before the controller goes, so that nothing of ours blocks anything after it.

Directories, volumes and claims stay as they are. Everything may be done again at any time.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, TypeAlias, TypeVar

from controller.decisions.actions import JsonPatch
from controller.decisions.leaving import ungated, without_finalizers
from controller.observed.view import UNSCHEDULED
from kube import resources
from kube.backoff import Backoff
from kube.client import Client
from kube.clock import Clock, SystemClock
from kube.errors import ApiError, Conflict, Invalid, NotFound
from kube.resources import Resource
from policy import keys
from policy.shapes import Json, mapping, text

Deed: TypeAlias = Literal["delete", "wait for the end of", "take gates off", "take finalizers off"]
Outcome: TypeAlias = Literal["done", "absent", "lingering", "contested", "failed"]
"""`absent`: there was nothing to do. `lingering`: it was told to end, and has not in time: it does nothing any more.
`contested`: somebody else changed the object at the same moment, each time.
"""

T = TypeVar("T")

# An API server waits 3 s at most for our webhook, and a moment passes until each of them knows that it is gone: after
# this long no Pod is on its way any more that could still be gated.
_ON_THE_WAY_SECONDS: Final = 5.0
_CONTEST_SECONDS: Final = 0.2
# A kubelet lets a Pod end by itself for 30 s. One whose export is dead may never go; it has stopped to act by then.
_ENDING_SECONDS: Final = 45.0
_LOOK_SECONDS: Final = 1.0

_OURS: Final = "app.kubernetes.io/name=nfs-steward"


@dataclass(frozen=True, slots=True)
class Installation:
    """What there is to remove: the webhook configurations called `name`; in `namespace` its controllers, what its hooks
    have left, and `secret`, if it is ours.
    """

    name: str
    namespace: str
    secret: str | None

    def controls(self, deployment: str) -> bool:
        """Whether a Deployment of that name is one of its controllers."""
        return deployment == f"{self.name}-cluster" or deployment.startswith(f"{self.name}-export-")

    @property
    def left_by_hooks(self) -> tuple[tuple[Resource, str], ...]:
        """What Helm keeps of the chart's hooks when they fail, for people to read, and never deletes: the check of a
        policy that was refused, and a test that has failed.
        """
        return (resources.JOBS, f"{self.name}-policy-check"), (resources.PODS, f"{self.name}-test")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was to be done. `namespace` and `problem` are empty where there is none."""

    deed: Deed
    kind: str
    name: str
    namespace: str = ""
    outcome: Outcome = "done"
    problem: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing of the kind is left to do."""
        return self.outcome in ("done", "absent", "lingering")


@dataclass(frozen=True, slots=True)
class _Holding:
    """A kind of object that something of ours is on, and how to take that off."""

    deed: Deed
    resource: Resource
    which: str | None
    patch_for: Callable[[Json], JsonPatch | None]


_PODS: Final = _Holding("take gates off", resources.PODS, UNSCHEDULED, ungated)
_VOLUMES: Final = _Holding("take finalizers off", resources.VOLUMES, None, without_finalizers)


class Removal:
    """Removes what would block others. With `dry_run` the API server is asked for everything and changes nothing.

    Answers that may pass are asked for again until `timeout` seconds are over.
    """

    def __init__(
        self,
        client: Client,
        installation: Installation,
        timeout: float,
        *,
        dry_run: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._client = client
        self._installation = installation
        self._dry_run = dry_run
        self._clock = clock or SystemClock()
        self._give_up = self._clock.monotonic() + timeout
        self._never = threading.Event()

    def steps(self) -> Iterator[Step]:
        """Do everything, in this order; each step as it is done. A step that fails does not keep the others back."""
        here = self._installation
        # First of all: from then on no new object can wait for us.
        yield self._delete(resources.MUTATING_CONFIGURATIONS, here.name)
        yield self._delete(resources.VALIDATING_CONFIGURATIONS, here.name)
        settled = self._clock.monotonic() + (0.0 if self._dry_run else _ON_THE_WAY_SECONDS)
        # Then those who would make new volumes, and hold them.
        yield from self._stop_controllers()
        yield from self._lift_limits()
        yield from self._release(_PODS, settled)
        yield from self._release(_VOLUMES, settled)
        for resource, name in here.left_by_hooks:
            yield self._delete(resource, name, here.namespace)
        if here.secret:
            yield self._delete(resources.SECRETS, here.secret, here.namespace)

    def _lift_limits(self) -> Iterator[Step]:
        """Delete what limits namespaces: with nobody to keep it, it would hold for ever."""
        for kind in (resources.RESOURCE_QUOTAS, resources.LIMIT_RANGES):
            try:
                found = self._patiently(partial(self._limits, kind))
            except ApiError as error:
                yield Step("delete", kind.kind, keys.LIMITS, outcome="failed", problem=str(error))
                continue
            for each in found:
                yield self._delete(kind, keys.LIMITS, text(each, "metadata", "namespace") or "")

    def _limits(self, kind: Resource) -> list[Json]:
        """All ResourceQuotas, or LimitRanges, that are ours."""
        by_name, by_label = keys.LIMITS_BY_NAME, keys.LIMITS_BY_LABEL
        return list(self._client.list(kind, field_selector=by_name, label_selector=by_label).items)

    def _stop_controllers(self) -> Iterator[Step]:
        """Delete the controllers' Deployments, and wait for a while until their Pods have ended."""
        here = self._installation
        try:
            deployments = self._listed(resources.DEPLOYMENTS, _OURS)
        except ApiError as error:
            yield Step("delete", resources.DEPLOYMENTS.kind, "", outcome="failed", problem=str(error))
            return
        ours = [each for each in deployments if here.controls(text(each, "metadata", "name") or "")]
        for each in ours:
            yield self._delete(resources.DEPLOYMENTS, text(each, "metadata", "name") or "", here.namespace)
        give_up = self._clock.monotonic() + _ENDING_SECONDS
        for each in () if self._dry_run else ours:
            yield self._wait_for_end(each, give_up)

    def _wait_for_end(self, deployment: Json, give_up: float) -> Step:
        """Return when the Pods of a Deployment are gone, at the time `give_up` at the latest."""
        here, name = self._installation, text(deployment, "metadata", "name") or ""
        step = partial(Step, "wait for the end of", resources.PODS.kind, name, here.namespace)
        labels = mapping(deployment, "spec", "selector", "matchLabels")
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        try:
            while left := self._listed(resources.PODS, selector):
                if self._clock.monotonic() >= give_up:
                    names = ", ".join(text(pod, "metadata", "name") or "" for pod in left)
                    return step("lingering", f"{names} has not ended within {_ENDING_SECONDS:g} s")
                self._pause(_LOOK_SECONDS)
        except ApiError as error:
            return step("failed", str(error))
        return step()

    def _listed(self, resource: Resource, selector: str) -> list[Json]:
        """What a label selector selects in the installation's namespace."""
        where = self._installation.namespace
        return self._patiently(lambda: list(self._client.list(resource, where, label_selector=selector).items))

    def _delete(self, resource: Resource, name: str, namespace: str = "") -> Step:
        delete = partial(self._client.delete, resource, name, namespace or None, dry_run=self._dry_run)
        step = partial(Step, "delete", resource.kind, name, namespace)
        try:
            self._patiently(delete)
        except NotFound:
            return step("absent")
        except ApiError as error:
            return step("failed", str(error))
        return step()

    def _release(self, holding: _Holding, settled: float) -> Iterator[Step]:
        """Take what is ours off all objects of a kind: now, again at the time `settled`, and then until nobody else
        changes them at the same moment.
        """
        failed: set[str] = set()
        while True:
            last = self._clock.monotonic() >= settled
            try:
                found = [obj for obj in self._holders(holding) if _uid(obj) not in failed]
            except ApiError as error:
                yield Step(holding.deed, holding.resource.kind, "", outcome="failed", problem=str(error))
                return
            contested = []
            for obj in found:
                step = self._take_off(holding, obj)
                if step.outcome == "contested":
                    contested.append(step)
                    continue
                if step.outcome == "failed":
                    failed.add(_uid(obj))
                yield step
            if last and not (contested and self._remaining() > 0):
                yield from contested
                return
            self._pause(max(settled - self._clock.monotonic(), _CONTEST_SECONDS))

    def _holders(self, holding: _Holding) -> list[Json]:
        """All objects of a kind that something of ours is on."""

        def held() -> list[Json]:
            listing = self._client.list(holding.resource, field_selector=holding.which)
            return [obj for obj in listing.items if holding.patch_for(obj)]

        return self._patiently(held)

    def _take_off(self, holding: _Holding, obj: Json) -> Step:
        name, namespace = text(obj, "metadata", "name") or "", text(obj, "metadata", "namespace")
        patch = partial(self._client.patch, holding.resource, name, holding.patch_for(obj), namespace, type="json")
        step = partial(Step, holding.deed, holding.resource.kind, name, namespace or "")
        try:
            self._patiently(partial(patch, dry_run=self._dry_run))
        except NotFound:
            return step("absent")
        except (Conflict, Invalid) as error:
            return step("contested", str(error))
        except ApiError as error:
            return step("failed", str(error))
        return step()

    def _patiently(self, call: Callable[[], T]) -> T:
        """What `call` returns; what may pass is tried again as long as there is time."""
        backoff = Backoff(0.2, 5.0)
        while True:
            try:
                return call()
            except ApiError as error:
                if not error.transient or self._remaining() <= 0:
                    raise
            self._pause(min(backoff.failed(), max(self._remaining(), 0.0)))

    def _remaining(self) -> float:
        return self._give_up - self._clock.monotonic()

    def _pause(self, seconds: float) -> None:
        self._clock.wait(self._never, seconds)


def _uid(obj: Json) -> str:
    return text(obj, "metadata", "uid") or ""
