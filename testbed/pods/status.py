"""A Pod's status as a kubelet writes it: pure, from what its containers say of themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from policy.shapes import Json, sequence, text
from testbed.pods.states import State, Terminated, now, phase

_UNREADY: Final = "ContainersNotReady"
_OVER: Final = "PodCompleted"


@dataclass(frozen=True, slots=True)
class ContainerReport:
    """What is said of one container."""

    name: str
    image: str
    state: State
    last: Terminated | None
    restarts: int
    started: bool
    ready: bool

    def told(self) -> Json:
        """As an entry of `containerStatuses`."""
        return {
            "name": self.name,
            "image": self.image,
            "imageID": self.image,
            "state": self.state.told(),
            "lastState": self.last.told() if self.last else {},
            "restartCount": self.restarts,
            "started": self.started,
            "ready": self.ready,
        }


@dataclass(frozen=True, slots=True)
class PodReport:
    """What is said of one Pod. `prepared`: its volumes are there; `final`: no container of it is started any more."""

    address: str
    node_address: str
    prepared: bool
    final: bool
    containers: Sequence[ContainerReport]


def status_of(pod: Json, report: PodReport, before: Json) -> Json:
    """The part of a Pod's status that is a kubelet's to write.

    `before` is what this returned the last time, or nothing: conditions keep the time of their last transition.
    """
    policy = "Never" if report.final else text(pod, "spec", "restartPolicy") or "Always"
    of_pod = phase([container.state for container in report.containers], policy)
    ready = bool(report.containers) and all(container.ready for container in report.containers)
    why = None if ready else (_OVER if of_pod == "Succeeded" else _UNREADY)
    conditions = (
        _condition("PodReadyToStartContainers", holds=report.prepared),
        _condition("Initialized", holds=True),
        _condition("ContainersReady", holds=ready, reason=why),
        _condition("Ready", holds=ready, reason=why),
    )
    return {
        "phase": of_pod,
        "podIP": report.address,
        "podIPs": [{"ip": report.address}],
        "hostIP": report.node_address,
        "hostIPs": [{"ip": report.node_address}],
        "startTime": before.get("startTime") or now(),
        "observedGeneration": pod["metadata"].get("generation"),
        "conditions": list(_dated(before.get("conditions") or (), conditions)),
        "containerStatuses": [container.told() for container in report.containers],
    }


def is_ready(pod: Json) -> bool:
    """Whether a Pod's status says that it is ready."""
    conditions = {each["type"]: each["status"] for each in sequence(pod, "status", "conditions")}
    return conditions.get("Ready") == "True"


def _condition(kind: str, *, holds: bool, reason: str | None = None) -> Json:
    return {"type": kind, "status": str(holds), "reason": reason}  # None takes away the one that was there before


def _dated(before: Iterable[Json], fresh: Iterable[Json]) -> Iterable[Json]:
    """`fresh`, each with the time since which it is as it is."""
    known = {(condition["type"], condition["status"]): condition["lastTransitionTime"] for condition in before}
    for condition in fresh:
        yield {**condition, "lastTransitionTime": known.get((condition["type"], condition["status"])) or now()}
