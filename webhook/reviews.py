"""From a request to a decision: which objects are looked at, and by which rules.

A pure function of the request and the view of the cluster; `nfs-steward explain` and the web application both call it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from policy.errors import WrongShape
from policy.marks import OPTED_OUT, opted_out
from policy.profiles import NamespaceSettings
from policy.shapes import Json, text
from webhook.claims import fill_claim
from webhook.cluster import ClusterView
from webhook.decision import Decision, Kept, Outcome, Proposed, decide, untouched
from webhook.limits import hold_to_limits
from webhook.overquota import mount_read_only
from webhook.pods import fill_pod
from webhook.refusals import refuse_pod
from webhook.volumes import fill_volume

Side: TypeAlias = Literal["mutate", "validate"]
Fill: TypeAlias = Callable[[Json, NamespaceSettings, ClusterView], Iterable[Outcome]]
Hold: TypeAlias = Callable[[Proposed, NamespaceSettings, ClusterView], Iterable[Outcome]]


def _nothing(_obj: Json | Proposed, _settings: NamespaceSettings, _view: ClusterView) -> tuple[Outcome, ...]:
    return ()


class _Rules(NamedTuple):
    """`fill` puts in what the author left out, unless they asked to be left alone; `hold` sees to quotas and refusals,
    which nobody is spared, and is told what was filled in.
    """

    fill: Fill = _nothing
    hold: Hold = _nothing


_VOLUME = "PersistentVolume"
_RULES: Mapping[tuple[Side, str, str], _Rules] = {
    ("mutate", "", "PersistentVolumeClaim"): _Rules(fill=fill_claim, hold=hold_to_limits),
    ("mutate", "", _VOLUME): _Rules(fill=fill_volume),
    ("mutate", "", "Pod"): _Rules(fill=fill_pod, hold=mount_read_only),
    ("validate", "", "Pod"): _Rules(hold=refuse_pod),
}

_LEFT_ALONE: Final = (Kept("", OPTED_OUT),)


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
    if kind == _VOLUME:  # it is in no namespace, so that the API server asks about those of all
        return _decide(rules, obj, view, text(obj, "spec", "claimRef", "namespace"), selected=False)
    return _decide(rules, obj, view, text(request, "namespace"), selected=True)


def _decide(rules: _Rules, obj: Json, view: ClusterView, namespace: str | None, *, selected: bool) -> Decision:
    """Ask the rules, where the namespace is opted in; that of a volume is its claim's."""
    if not namespace:
        return untouched("it belongs to no namespace")
    settings = view.settings(namespace, selected=selected)
    if settings is None:
        return untouched(f"the namespace {namespace} is not opted in")
    left_alone = rules.fill is not _nothing and opted_out(obj)
    filled = _LEFT_ALONE if left_alone else tuple(rules.fill(obj, settings, view))
    return decide((*filled, *rules.hold(Proposed(obj, filled), settings, view)), settings.profile.name)


def _object(request: Json) -> Json:
    obj: Any = request.get("object")
    if not isinstance(obj, dict):
        raise WrongShape("request.object", "an object", obj)
    return obj
