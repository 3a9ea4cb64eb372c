"""A namespace, and what limits it."""

from dataclasses import replace

from controller.decisions.actions import Actions, DeleteLimits, WriteLimits
from controller.decisions.limits.decision import decide_limits
from controller.decisions.limits.facts import LimitsFacts
from controller.observed.limits import FoundLimits, LimitsRecord, limits_record
from controller.observed.records import NamespaceRecord
from policy import keys
from policy.load import load_policy
from policy.profiles import settings_for
from policy.quotas import storage_of
from policy.shapes import Json

POLICY = load_policy(
    """
profiles:
- {name: default, storageClassName: nfs, quota: {storage: 10Gi, claims: 5}, claim: {max: 4Gi}}
- {name: gold, storageClassName: nfs-gold}
""",
    "policy.yaml",
)
CONTACT = "storage@corp.example"
NOTHING = FoundLimits(None, None)


def facts(found: FoundLimits = NOTHING, *, opted_in: bool = True, **labels: str) -> LimitsFacts:
    """Namespace team-a with these labels of ours, and what is there."""
    own = {f"{keys.GROUP}/{name.replace('_', '-')}": value for name, value in labels.items()}
    marks = {keys.INJECT: keys.INJECT_ENABLED} if opted_in else {}
    namespace = NamespaceRecord("team-a", "uid", {**marks, **own})
    return LimitsFacts(namespace, settings_for(POLICY, "team-a", namespace.labels), found, CONTACT)


def performed(found: FoundLimits, actions: Actions) -> FoundLimits:
    """What is there after the API server has done what the actions say; it has counted nothing yet."""
    for action in actions:
        if isinstance(action, WriteLimits):
            found = put(found, action.resource.kind, as_stored(action.wanted))
        elif isinstance(action, DeleteLimits):
            found = put(found, action.resource.kind, None)
    return found


def as_stored(wanted: Json) -> LimitsRecord:
    """What is kept of an object once it is written."""
    return limits_record({**wanted, "metadata": {"uid": "uid", **wanted["metadata"], "resourceVersion": "8"}})


def put(found: FoundLimits, kind: str, record: LimitsRecord | None) -> FoundLimits:
    """The same, with another object of a kind."""
    return replace(found, quota=record) if kind == "ResourceQuota" else replace(found, limit_range=record)


def left_by_us(**labels: str) -> FoundLimits:
    """What is there once a namespace with these labels has been dealt with."""
    return performed(NOTHING, decide_limits(facts(**labels)))


def using(found: FoundLimits, **used: str) -> FoundLimits:
    """The same, with what claims of these classes ask for counted."""
    assert found.quota is not None
    counted = {storage_of(name.replace("_", "-")): amount for name, amount in used.items()}
    return replace(found, quota=replace(found.quota, used=counted))
