"""Memory of the webhook's workers and of the controller in a large cluster, and their time from start to ready."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench.admission import Kind, reviews, write_requests
from bench.arena import POLICY, Arena, fill_namespaces, in_parallel
from bench.contestants import GO, OURS, WORKERS, Contestant, commands, start
from bench.footprint import largest_worker, memory_with_children, proportional_set_size, seconds_until_ready, settled
from bench.load import ClosedLoop
from bench.plan import Plan
from bench.rows import Bar, Row
from kube.resources import CLAIMS, VOLUMES
from policy.shapes import Json
from testbed.ports import LOOPBACK, free_ports
from testbed.product.executable import nfs_steward
from testbed.supervision.client import Program, SupervisedProcess

NAMESPACES: Final = 5000
OBJECTS: Final = 10_000

WORKER_BAR: Final = Bar(80, "ours")
CONTROLLER_BAR: Final = Bar(200, "ours")
READY_BAR: Final = Bar(3, "ours")

_STARTS: Final = 5
_CONNECTIONS: Final = 16
_EXPORT: Final = "main"


def measure(arena: Arena, plan: Plan) -> Iterator[Row]:
    """The webhook with thousands of namespaces, then the controller with as many claims and volumes besides."""
    namespaces = fill_namespaces(arena.client, NAMESPACES)
    yield from _webhook(arena, namespaces, plan)
    in_parallel(lambda number: _make_pair(arena, namespaces, number), range(OBJECTS))
    yield from _controller(arena)


@dataclass(frozen=True, slots=True)
class _Startable:
    """A program that serves `/readyz` on `port`, over TLS where an authority is given."""

    program: Program
    port: int
    authority: Path | None = None

    def start(self, arena: Arena) -> tuple[SupervisedProcess, float]:
        """Start it; the process, and the seconds until it was ready."""
        started = time.monotonic()
        process = arena.supervisor.start(self.program)
        return process, seconds_until_ready(self.port, process, started, self.authority)

    def start_times(self, arena: Arena) -> list[float]:
        """The seconds that several starts took, one after the other."""
        found = []
        for _ in range(_STARTS):
            process, seconds = self.start(arena)
            process.stop()
            found.append(seconds)
        return found


def _webhook(arena: Arena, namespaces: Sequence[str], plan: Plan) -> list[Row]:
    candidates = commands(arena)
    ours, go = (start(arena, candidates[name]) for name in (OURS, GO))
    for each in (ours, go):
        _exercise(arena, each, namespaces, plan.seconds)
    worker = settled(lambda: largest_worker(ours.process))
    together = f"all {WORKERS + 1} processes together {memory_with_children(ours.process):.1f}"
    peer = settled(lambda: proportional_set_size(go.process.pid))
    for each in (ours, go):
        each.process.stop()
    starts = _Startable(ours.process.program, ours.port, arena.authority).start_times(arena)
    of_them = f"{NAMESPACES:,} namespaces"
    return [
        Row(
            f"memory: a webhook worker, {of_them}; peer: the one process of Go",
            worker,
            peer,
            "MiB",
            WORKER_BAR,
            together,
        ),
        Row(f"start to ready: the webhook, {of_them}", median(starts), None, "s", READY_BAR, _spread(starts)),
    ]


def _controller(arena: Arena) -> list[Row]:
    controller = _controller_with(arena, *free_ports(1))
    process, _ = controller.start(arena)
    memory = settled(lambda: proportional_set_size(process.pid))
    process.stop()
    starts = controller.start_times(arena)
    of_them = f"{OBJECTS:,} claims and volumes"
    return [
        Row(f"memory: the controller, {of_them}, {NAMESPACES:,} namespaces", memory, None, "MiB", CONTROLLER_BAR),
        Row(f"start to ready: the controller, {of_them}", median(starts), None, "s", READY_BAR, _spread(starts)),
    ]


def _controller_with(arena: Arena, port: int) -> _Startable:
    folder = arena.folder / "export"
    folder.mkdir(exist_ok=True)
    duties = ["--cluster", "--export", f"{_EXPORT}={folder}", "--health-bind", f"{LOOPBACK}:{port}"]
    argv = [*nfs_steward(), "controller", "--policy", str(POLICY), *duties]
    env = {"KUBECONFIG": str(arena.kubeconfig)}
    return _Startable(Program("controller", argv, arena.folder / "logs" / "controller.log", env), port)


def _exercise(arena: Arena, contestant: Contestant, namespaces: Sequence[str], seconds: int) -> None:
    """Let it answer every kind of review, so that what it allocates when it works is counted."""
    loop = ClosedLoop(arena.programs.wrk, arena.programs.packages.env(), _CONNECTIONS, seconds)
    for kind in Kind:
        requests = [(contestant.paths[kind], body) for body in reviews(kind, namespaces)]
        loop.rate(contestant.url, write_requests(arena.folder / "exercise.requests", requests))


def _make_pair(arena: Arena, namespaces: Sequence[str], number: int) -> None:
    """Make a claim and the static NFS volume that is reserved for it, as an administrator writes them."""
    name, namespace = f"bench-{number:05}", namespaces[number % len(namespaces)]
    claim = arena.client.create(CLAIMS, _claim(name, namespace))
    arena.client.create(VOLUMES, _volume(name, claim["metadata"]))


def _claim(name: str, namespace: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/name": "reports"}},
        "spec": {
            "storageClassName": "",
            "volumeName": name,
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "5Gi"}},
        },
    }


def _volume(name: str, claim: Mapping[str, str]) -> Json:
    reserved = {key: claim[key] for key in ("name", "namespace", "uid")}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "5Gi"},
            "accessModes": ["ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **reserved},
            "nfs": {"server": "10.0.0.5", "path": f"/nfs/data/{claim['namespace']}/{name}"},
            "mountOptions": ["nfsvers=4.1", "nconnect=4", "hard", "noatime"],
        },
    }


def _spread(starts: Sequence[float]) -> str:
    return f"{_STARTS} starts, {min(starts):.2f} to {max(starts):.2f}"
