"""Gates that must come off although no export's duty lifts them: overdue ones, and those that nobody waits for."""

from datetime import datetime, timedelta

from controller.decisions import reasons
from controller.decisions.actions import Actions, LiftGates, LookAgain, Tell
from controller.decisions.patches import gates_patch
from controller.decisions.pods import touched_exports
from controller.decisions.subjects import pod_subject
from controller.observed.records import PodRecord, is_our_gate
from controller.rules import Rules
from policy.profiles import NamespaceSettings


def decide_gates(pod: PodRecord, settings: NamespaceSettings | None, rules: Rules, now: datetime) -> Actions:
    """What the cluster's duty does for a gated Pod: lift what is orphaned or overdue, or look again when it will be.

    So that a Pod waits for `gateTimeout` at most, even when its export's controller is gone.
    """
    gates = tuple(gate for gate in pod.gates if is_our_gate(gate))
    if not gates or pod.deleting:
        return ()
    about = pod_subject(pod)
    lift = LiftGates(about, gates_patch(pod.uid, pod.gates, gates))
    orphaned = _orphaned(pod, settings, rules)
    if orphaned:
        return (lift, Tell(about, "Normal", reasons.GATE_ORPHANED, f"This Pod is no longer held back: {orphaned}."))
    left = rules.policy.gate_timeout - (now - datetime.fromisoformat(pod.created))
    if left > timedelta():
        return (LookAgain(left.total_seconds()),)
    message = (
        f"This Pod has waited for the directories of its inline volumes for {rules.policy.gate_timeout}, and is "
        "held back no longer. Mounts fail until they exist; its other Events say what is in the way."
    )
    return (lift, Tell(about, "Warning", reasons.GATE_TIMED_OUT, message))


def _orphaned(pod: PodRecord, settings: NamespaceSettings | None, rules: Rules) -> str | None:
    """Why nobody makes directories for the Pod, or None where an export's duty does."""
    if settings is None:
        return "its namespace is not opted in"
    if pod.left_alone:
        return "its author asked for it to be left alone"
    if not rules.policy.scheduling_gate:
        return "the policy switches the scheduling gate off"
    return None if touched_exports(pod, rules) else "none of its inline volumes lies on a managed export"
