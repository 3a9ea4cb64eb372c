"""What is known of the limits of a namespace, and what they are to be."""

from dataclasses import dataclass

from controller.observed.limits import FoundLimits, LimitsRecord
from controller.observed.records import NamespaceRecord
from kube import resources
from kube.resources import Resource
from policy.profiles import NamespaceSettings
from policy.quotas import claim_limits, hard_limits, same_amounts
from policy.shapes import Json


@dataclass(frozen=True, slots=True)
class LimitsFacts:
    """What a decision stands on. `settings` None: the namespace is not opted in. `contact` is whom to ask for more,
    None where the policy does not say. `missed` are the kinds of those that were there a moment ago, and that we have
    not deleted. `remind`: it is long since anything was told, and the Events may soon be gone.
    """

    namespace: NamespaceRecord
    settings: NamespaceSettings | None
    found: FoundLimits
    contact: str | None = None
    missed: frozenset[str] = frozenset()
    remind: bool = False

    @property
    def wished(self) -> frozenset[str]:
        """The kinds of those that are to be there."""
        return frozenset(part.resource.kind for part in (quota_part(self), range_part(self)) if part.spec is not None)


@dataclass(frozen=True, slots=True)
class Part:
    """A ResourceQuota or a LimitRange: the `spec` that it is to have, None where there is to be none of ours, and the
    one that is there.
    """

    resource: Resource
    spec: Json | None
    found: LimitsRecord | None

    @property
    def is_right(self) -> bool:
        """Whether nothing needs to be done about what it says."""
        if self.spec is None:
            return self.found is None or not self.found.ours
        return self.found is not None and self.found.ours and same_amounts(self.found.spec, self.spec)


def quota_part(facts: LimitsFacts) -> Part:
    """The ResourceQuota."""
    hard = hard_limits(facts.settings) if facts.settings else {}
    return Part(resources.RESOURCE_QUOTAS, {"hard": dict(hard)} if hard else None, facts.found.quota)


def range_part(facts: LimitsFacts) -> Part:
    """The LimitRange."""
    item = claim_limits(facts.settings) if facts.settings else None
    return Part(resources.LIMIT_RANGES, {"limits": [item]} if item else None, facts.found.limit_range)
