"""From a request to a decision: which objects are looked at, and by which rules.

A pure function of the request and the view of the cluster; `nfs-steward explain` and the web application both call it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

from policy.errors import WrongShape
from policy.marks import OPTED_OUT, opted_out
from policy.profiles import NamespaceSettings
from policy.shapes import Json, text
from webhook.claims import fill_claim
from webhook.cluster import ClusterView
from webhook.decision import Decision, Outcome, decide, untouched
from webhook.pods import fill_pod
from webhook.refusals import refuse_pod
from webhook.volumes import fill_volume

Side: TypeAlias = Literal["mutate", "validate"]
Rules: TypeAlias = Callable[[Json, NamespaceSettings, ClusterView], Iterator[Outcome]]

_VOLUME = "PersistentVolume"
_RULES: Mapping[tuple[Side, str, str], Rules] = {
    ("mutate", "", "PersistentVolumeClaim"): fill_claim,
    ("mutate", "", _VOLUME): fill_volume,
    ("mutate", "", "Pod"): fill_pod,
    ("validate", "", "Pod"): refuse_pod,
}


def evaluate(request: Json, view: ClusterView, side: Side) -> Decision:
    """Decide about one `request` of an AdmissionReview.

    Raises `WrongShape` where the object is not of its kind's shape, and whatever `view` raises.
    """
    operation, subresource = text(request, "operation"), text(request, "subResource")
    if operation != "CREATE":
        return untouched(f"only CREATE is looked at, not {operation}")
    if subresource:
        return untouched(f"the subresource {subresource} is not looked at")
    kind = text(request, "kind", "kind") or ""
    rules = _RULES.get((side, text(request, "kind", "group") or "", kind))
    if rules is None:
        return untouched(f"{kind} is not looked at by /{side}")
    obj = _object(request)
    namespace = text(obj, "spec", "claimRef", "namespace") if kind == _VOLUME else text(request, "namespace")
    return _decide(rules, obj, namespace, view)


def _decide(rules: Rules, obj: Json, namespace: str | None, view: ClusterView) -> Decision:
    """Ask the rules, where the namespace is opted in; that of a volume is its claim's."""
    if not namespace:
        return untouched("it belongs to no namespace")
    settings = view.settings(namespace)
    if settings is None:
        return untouched(f"the namespace {namespace} is not opted in")
    if rules is not refuse_pod and opted_out(obj):
        return untouched(OPTED_OUT)
    return decide(rules(obj, settings, view), settings.profile.name)


def _object(request: Json) -> Json:
    obj: Any = request.get("object")
    if not isinstance(obj, dict):
        raise WrongShape("request.object", "an object", obj)
    return obj
