"""The scheduling gate: no Pod is scheduled before the directories of its inline volumes are there.

https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/
"""

from collections.abc import Collection, Iterator

from policy.gates import gates_for
from policy.keys import DIRECTORY_GATE
from policy.marks import DIRECTORY_IGNORED, directory_ignored, filled_fields
from policy.shapes import Json, sequence, text
from webhook.cluster import ClusterView
from webhook.decision import APPEND, Field, Filled, Kept, Outcome
from webhook.inline import ManagedVolume

GATES = Field("spec.schedulingGates", ("spec", "schedulingGates", APPEND))
_RULE = "schedulingGate of the policy"


def gate(pod: Json, managed: tuple[ManagedVolume, ...], view: ClusterView) -> Iterator[Outcome]:
    """The gates of a Pod with inline volumes on managed exports, one outcome each."""
    present = {text(each, "name") for each in sequence(pod, "spec", "schedulingGates")}
    why = _ungated(pod, present, view)
    if why:
        yield Kept(GATES.name, why)
        return
    for name in gates_for({each.export.name for each in managed}):
        if name in present:
            yield Kept(GATES.name, f"the gate {name} is there already")
        else:
            yield Filled(GATES, {"name": name}, _RULE)


def _ungated(pod: Json, present: Collection[str | None], view: ClusterView) -> str | None:
    if text(pod, "spec", "nodeName"):
        return "nodeName is set: no scheduler will look at this Pod"
    if directory_ignored(pod):
        return DIRECTORY_IGNORED
    if not view.policy.scheduling_gate:
        return "the policy says schedulingGate: false"
    # While the plain gate is still there, a volume that a later webhook put on a second export adds that one's gate.
    if GATES.name in filled_fields(pod) and DIRECTORY_GATE not in present:
        return "it was filled in before"
    return None
