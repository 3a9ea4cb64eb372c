"""From what there is to how a case has ended: pure, and with a proof for every ending."""

from typing import Final

from policy.shapes import mapping, sequence, text
from testbed.story.endings import Ending, State
from testbed.story.snapshot import Scene

_BINDER_SAYS = frozenset({"VolumeMismatch", "ExternalProvisioning", "ProvisioningFailed", "FailedBinding"})
"""Reasons of the Events by which Kubernetes' controller for claims tells why one stays unbound."""


def observe(scene: Scene, *, mounts: bool) -> Ending:
    """How the case has ended so far; `mounts`: whether Pods here really mount what their volumes say."""
    found = (ending for look in (_LOOKS if mounts else _LOOKS_WITHOUT_MOUNTS) if (ending := look(scene)))
    return next(found, Ending(State.UNSETTLED, _as_it_stands(scene)))


def _refused(scene: Scene) -> Ending | None:
    return Ending(State.REFUSED, scene.refusal) if scene.refusal else None


def _running(scene: Scene) -> Ending | None:
    file = _file(scene)
    if _phase(scene) != "Running" or file not in scene.snapshot.paths:
        return None
    return Ending(State.RUNNING, f"its file is on the export: {file}")


def _creating(scene: Scene) -> Ending | None:
    if _waiting(scene) != State.CONTAINER_CREATING:
        return None
    failed = [event for event in scene.events("Pod") if text(event, "reason") == "FailedMount"]
    return Ending(State.CONTAINER_CREATING, _last_line(text(failed[-1], "message") or "")) if failed else None


def _pending(scene: Scene) -> Ending | None:
    claim = scene.claim
    if claim is None or text(claim, "status", "phase") != "Pending":
        return None
    said = [event for event in scene.events("PersistentVolumeClaim") if text(event, "reason") in _BINDER_SAYS]
    if not said:
        return None
    storage_class = text(claim, "spec", "storageClassName")
    return Ending(State.PENDING, f"class {storage_class}: {text(said[-1], 'message')}")


def _scheduled(scene: Scene) -> Ending | None:
    directory = scene.directory
    if scene.pod is None or directory is None or not text(scene.pod, "spec", "nodeName"):
        return None
    there = directory in scene.snapshot.paths
    return Ending(State.SCHEDULED if there else State.SCHEDULED_IN_VAIN, directory)


def _file(scene: Scene) -> str:
    """The file that the case's Pod writes, below the export's root."""
    return f"{scene.directory}/{scene.case.name}"


def _phase(scene: Scene) -> str | None:
    return text(scene.pod, "status", "phase") if scene.pod else None


def _waiting(scene: Scene) -> str | None:
    """Why the Pod's container waits, in the kubelet's word."""
    statuses = sequence(scene.pod, "status", "containerStatuses") if scene.pod else ()
    return text(statuses[0], "state", "waiting", "reason") if statuses else None


def _as_it_stands(scene: Scene) -> str:
    claim = f"claim {text(scene.claim, 'status', 'phase')}" if scene.claim else "no claim"
    pod = f"Pod {_waiting(scene) or _phase(scene)}" if scene.pod else "no Pod"
    newest = [
        text(event, "message") or "" for event in scene.events("PersistentVolumeClaim", "PersistentVolume", "Pod")
    ]
    gates = mapping(scene.pod, "spec").get("schedulingGates") if scene.pod else None
    gated = ", held by a scheduling gate" if gates else ""
    return f"{claim}, {pod}{gated}" + (f"; the last Event: {_last_line(newest[-1])}" if newest else "")


def _last_line(message: str) -> str:
    """The end of a message of several lines: where mount(8) failed, it holds what that said."""
    lines = [line for line in message.splitlines() if line.strip()]
    return lines[-1].strip().removeprefix("Output: ") if lines else ""


# The first that sees something counts.
_LOOKS: Final = (_refused, _running, _creating, _pending)
_LOOKS_WITHOUT_MOUNTS: Final = (_refused, _scheduled, _pending)
