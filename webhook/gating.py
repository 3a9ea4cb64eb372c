"""The scheduling gate: no Pod is scheduled before the directories of its inline volumes are there.

https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/
"""

from collections.abc import Iterator

from policy.gates import gates_for
from policy.marks import filled_fields
from policy.shapes import Json, sequence, text
from webhook.cluster import ClusterView
from webhook.decision import APPEND, Field, Filled, Kept, Outcome
from webhook.inline import ManagedVolume

GATES = Field("spec.schedulingGates", ("spec", "schedulingGates", APPEND))
_RULE = "schedulingGate of the policy"


def gate(pod: Json, managed: tuple[ManagedVolume, ...], view: ClusterView) -> Iterator[Outcome]:
    """The gates of a Pod with inline volumes on managed exports, one outcome each."""
    why = _ungated(pod, view)
    if why:
        yield Kept(GATES.name, why)
        return
    present = {text(each, "name") for each in sequence(pod, "spec", "schedulingGates")}
    for name in gates_for({each.export.name for each in managed}):
        if name in present:
            yield Kept(GATES.name, f"the gate {name} is there already")
        else:
            yield Filled(GATES, {"name": name}, _RULE)


def _ungated(pod: Json, view: ClusterView) -> str | None:
    if text(pod, "spec", "nodeName"):
        return "nodeName is set: no scheduler will look at this Pod"
    if not view.policy.scheduling_gate:
        return "the policy says schedulingGate: false"
    if GATES.name in filled_fields(pod):
        return "it was filled in before"
    return None
