"""The ResourceQuotas and LimitRanges called as ours are, in all namespaces: watched while the policy has them kept."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from controller.work import Work, limits_of
from kube import resources
from kube.client import Client
from kube.errors import Forbidden
from kube.informer import Change, Informer
from kube.ondemand import OnDemand
from kube.resources import Resource
from policy import keys
from policy.model import Policy
from policy.quotas import same_amounts
from policy.shapes import Json, annotations, labels, mapping, text


@dataclass(frozen=True, slots=True)
class LimitsRecord:
    """A ResourceQuota or a LimitRange. `ours`: by its label; `spec` is its own, whole; `written` and `told` are what we
    left there to remember. `used` is what a quota has counted, None until that is by the spec as it is now.
    """

    namespace: str
    uid: str
    version: str
    ours: bool
    spec: Json
    written: str = ""
    told: str = ""
    used: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class FoundLimits:
    """What a namespace has; None: there is none of that name."""

    quota: LimitsRecord | None
    limit_range: LimitsRecord | None

    @property
    def ours(self) -> frozenset[str]:
        """The kinds of those that are ours."""
        kinds = ((resources.RESOURCE_QUOTAS, self.quota), (resources.LIMIT_RANGES, self.limit_range))
        return frozenset(resource.kind for resource, each in kinds if each is not None and each.ours)


def limits_record(raw: Json) -> LimitsRecord:
    """Keep a ResourceQuota or a LimitRange; raises `WrongShape`."""
    marks, hard = annotations(raw), mapping(raw, "spec", "hard")
    counted = bool(hard) and same_amounts(hard, mapping(raw, "status", "hard"))
    return LimitsRecord(
        namespace=text(raw, "metadata", "namespace") or "",
        uid=text(raw, "metadata", "uid") or "",
        version=text(raw, "metadata", "resourceVersion") or "",
        ours=labels(raw).get(keys.MANAGED_BY) == keys.MANAGED_BY_US,
        spec=dict(mapping(raw, "spec")),
        written=marks.get(keys.WRITTEN, ""),
        told=marks.get(keys.TOLD, ""),
        used=mapping(raw, "status", "used") if counted else None,
    )


class NamespaceLimits:
    """Both kinds by namespace. `changed` is called in informers' threads."""

    def __init__(self, client: Client, changed: Callable[[Work], None]) -> None:
        self._client = client
        self._changed = changed
        self._quotas = OnDemand(_kept, lambda: self._informer(resources.RESOURCE_QUOTAS))
        self._ranges = OnDemand(_kept, lambda: self._informer(resources.LIMIT_RANGES))

    @property
    def informers(self) -> tuple[Informer[Any], ...]:
        """Those that run, for health checks."""
        return tuple(filter(None, (self._quotas.informer, self._ranges.informer)))

    @property
    def watched(self) -> bool:
        """Whether all of them are known."""
        return len(self.informers) > 1 and all(informer.synced for informer in self.informers)

    def follow(self, policy: Policy) -> None:
        """Watch, or watch no more, as the policy has it."""
        for each in (self._quotas, self._ranges):
            each.follow(policy)

    def stop(self) -> None:
        """Watch no more."""
        for informer in self.informers:
            informer.stop()

    def quotas(self) -> Iterable[LimitsRecord]:
        """The quotas that are ours, of all namespaces, as far as they are watched."""
        informer = self._quotas.informer
        return (quota for quota in (informer.items() if informer else ()) if quota.ours)

    def of(self, namespace: str) -> FoundLimits:
        """What a namespace has, as far as it is watched."""
        return FoundLimits(self._quotas.get(keys.LIMITS, namespace), self._ranges.get(keys.LIMITS, namespace))

    def read(self, namespace: str) -> FoundLimits:
        """What a namespace has now. Raises `ApiError`."""
        quotas, ranges = (
            [limits_record(raw) for raw in self._client.list(kind, namespace, field_selector=keys.LIMITS_BY_NAME).items]
            for kind in (resources.RESOURCE_QUOTAS, resources.LIMIT_RANGES)
        )
        return FoundLimits(next(iter(quotas), None), next(iter(ranges), None))

    def left_over(self) -> Iterable[Work]:
        """What is ours while the policy has none kept, from before. Raises `ApiError`.

        The chart leaves us the rights for one upgrade after limits were switched off; then nothing of ours is left.
        """
        if self.informers:
            return
        try:
            for kind in (resources.RESOURCE_QUOTAS, resources.LIMIT_RANGES):
                ours = self._client.list(kind, field_selector=keys.LIMITS_BY_NAME, label_selector=keys.LIMITS_BY_LABEL)
                for raw in ours.items:
                    yield limits_of(text(raw, "metadata", "namespace") or "")
        except Forbidden:
            return

    def _informer(self, kind: Resource) -> Informer[LimitsRecord]:
        changed, by_name = self._limits_changed, keys.LIMITS_BY_NAME
        return Informer(self._client, kind, limits_record, on_change=changed, field_selector=by_name)

    def _limits_changed(self, change: Change[LimitsRecord]) -> None:
        self._changed(limits_of(change.key.namespace or ""))


def _kept(policy: Policy) -> bool:
    return policy.limits
