"""Volumes that do not go, and Pods that are not let go."""

from collections.abc import Iterator

from controller.doctor.findings import Finding, Level
from controller.doctor.observed import Observed
from controller.doctor.waiting import PATIENCE_SECONDS, name_of, newest_warnings, waited
from controller.doctor.wording import lasting
from controller.observed.records import is_our_gate
from policy import keys
from policy.shapes import Json, annotations, sequence, text


def stuck_volumes(observed: Observed) -> Iterator[Finding]:
    """Volumes of ours whose claim is gone, and which cannot be dealt with."""
    warnings = newest_warnings(observed.events, "PersistentVolume")
    for volume in observed.volumes:
        why = warnings.get(name_of(volume)) or text(volume, "status", "message")
        if why and _is_over(volume) and annotations(volume).get(keys.PROVISIONED_BY) in observed.provisioners:
            yield Finding(
                Level.ERROR,
                f"volume {text(volume, 'metadata', 'name')}",
                f"Its claim is gone, and it stays: {why}",
                "Its data takes room until it is dealt with.",
                "Mend what the message says; it is tried again by itself. To keep the data and let the volume go: "
                "persistentVolumeReclaimPolicy: Retain, then delete it.",
            )


def gated_pods(observed: Observed) -> Iterator[Finding]:
    """Pods that wait for the directories of their inline volumes."""
    warnings = newest_warnings(observed.events, "Pod")
    for pod in observed.pods:
        gates = [text(gate, "name") or "" for gate in sequence(pod, "spec", "schedulingGates")]
        seconds = waited(text(pod, "metadata", "creationTimestamp"), observed.now)
        if seconds < PATIENCE_SECONDS or not any(map(is_our_gate, gates)):
            continue
        namespace, name = name_of(pod)
        why = warnings.get((namespace, name), "nothing says why.")
        yield Finding(
            Level.WARNING,
            f"pod {namespace}/{name}",
            f"It has waited for {lasting(seconds)} for a directory: {why}",
            "It is not scheduled before its directory is there, or gateTimeout is over.",
            "See to the export and its controller (export-unreachable, lease-unheld). To let it go at once: "
            f"kubectl --namespace {namespace} label pod {name} {keys.INJECT}={keys.INJECT_DISABLED}",
        )


def _is_over(volume: Json) -> bool:
    over = text(volume, "status", "phase") in ("Released", "Failed")
    retained = text(volume, "spec", "persistentVolumeReclaimPolicy") == "Retain"
    return (over and not retained) or text(volume, "metadata", "deletionTimestamp") is not None
