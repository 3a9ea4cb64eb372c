"""What uninstalling takes off objects that stay behind: whatever of ours would block them once nobody serves it."""

from controller.decisions.actions import JsonPatch
from controller.decisions.patches import finalizers_patch, gates_patch
from controller.observed.records import is_our_gate
from policy import keys
from policy.shapes import Json, sequence, text

_OURS = f"{keys.GROUP}/"


def ungated(pod: Json) -> JsonPatch | None:
    """The patch that takes all our scheduling gates off a Pod; None where it has none."""
    gates = [str(gate.get("name")) for gate in sequence(pod, "spec", "schedulingGates")]
    ours = [gate for gate in gates if is_our_gate(gate)]
    return gates_patch(text(pod, "metadata", "uid") or "", gates, ours) if ours else None


def without_finalizers(volume: Json) -> JsonPatch | None:
    """The patch that takes all our finalizers off a volume; None where it has none."""
    finalizers = [str(each) for each in sequence(volume, "metadata", "finalizers")]
    ours = [each for each in finalizers if each.startswith(_OURS)]
    return finalizers_patch(text(volume, "metadata", "uid") or "", finalizers, ours) if ours else None
