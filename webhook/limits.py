"""A new claim and the limits of its namespace, in the time before Kubernetes itself holds everybody to them.

The controller makes a ResourceQuota and a LimitRange for an opted-in namespace a moment after the label, and the API
server, which enforces them, hears of them another moment later. No claim may slip through until then:

- What the quota has to count waits. The API server refuses by itself while the quota's status is empty; but it does so
  only when its own watch has brought the quota. So claims are turned away until kube-controller-manager is seen to have
  filled in the status: by then whoever watches has had the time of two writes to hear of it.
- Smallest and largest size are checked right here, always: a LimitRange has no status to wait for.

Both hold for a claim that asks to be left alone, too.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any, Final

from policy import keys
from policy.contact import ask_for
from policy.errors import QuantityInvalid
from policy.profiles import NamespaceSettings
from policy.quantity import parse_quantity
from policy.quotas import claims_of, storage_of
from policy.shapes import annotations, mapping, text
from webhook.bounds import Bounds, Size
from webhook.claims import CLASS, SIZE
from webhook.cluster import ClusterView
from webhook.decision import THE_OBJECT, Denied, Field, Filled, Outcome, Postponed, Proposed

_QUOTA: Final = f"ResourceQuota {keys.LIMITS}"


def hold_to_limits(claim: Proposed, settings: NamespaceSettings, view: ClusterView) -> Iterator[Outcome]:
    """Refuse a claim outside of its namespace's sizes; turn it away for now while its quota is not in force."""
    bounds = view.bounds(settings)
    objection = _objection(claim, bounds, settings.namespace)
    if objection:
        yield Denied(SIZE.name, f"{objection}. {ask_for('another size', view.policy.contact)}")
    limited = view.limited(settings.namespace)
    if not bounds.limited <= limited and _is_counted(claim, bounds.limited - limited):
        yield Postponed(_QUOTA, _waiting(settings.namespace))


def _waiting(namespace: str) -> str:
    return (
        f"the {_QUOTA} of namespace {namespace} is not in force yet, as for a moment after a namespace is opted in: "
        "try again in a second (kubectl and controllers do so by themselves). Should it last, see whether there is one "
        "with a status: nfs-steward's cluster-wide controller makes it, kube-controller-manager fills in the status"
    )


def _is_counted(claim: Proposed, names: AbstractSet[str]) -> bool:
    """Whether a quota counts the claim under one of `names`. One without a class may get any, without being created
    once more: the API server lets everybody who may change it put a class in later.
    """
    storage_class = annotations(claim.obj).get(keys.LEGACY_CLASS_ANNOTATION) or _filled(claim, CLASS)
    if storage_class is None:
        storage_class = text(claim.obj, "spec", "storageClassName")
    return storage_class is None or not names.isdisjoint((storage_of(storage_class), claims_of(storage_class)))


def _objection(claim: Proposed, bounds: Bounds, namespace: str) -> str | None:
    """How the size that the claim asks for is outside of its namespace's; None: it is not."""
    asked = _size(claim) if bounds.smallest or bounds.largest else None
    if asked is None:
        return None
    if bounds.largest and asked.size > bounds.largest.size:
        return _outside(asked, "largest", bounds.largest, namespace)
    if bounds.smallest and asked.size < bounds.smallest.size:
        return _outside(asked, "smallest", bounds.smallest, namespace)
    return None


def _outside(asked: Size, bound: str, allowed: Size, namespace: str) -> str:
    return f"the claim asks for {asked.text}; the {bound} size in namespace {namespace} is {allowed.text}"


def _size(claim: Proposed) -> Size | None:
    """What the claim asks for; None where that is nothing, or no size: the API server refuses such a claim."""
    written = _filled(claim, SIZE) or mapping(claim.obj, "spec", "resources", "requests").get("storage")
    try:
        return Size(str(written), parse_quantity(str(written)))
    except QuantityInvalid:
        return None


def _filled(claim: Proposed, field: Field) -> Any:
    """What the field is filled in with; None where it is left as it is."""
    fills = (outcome for outcome in claim.outcomes if isinstance(outcome, Filled))
    return next((fill.value for fill in fills if fill.field is field and fill.place is THE_OBJECT), None)
