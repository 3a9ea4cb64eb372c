"""Restarting the controllers of a cluster with very many volumes: what they write, touch and take until it is quiet."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bench.arena import Ground
from bench.errors import BenchError
from bench.footprint import proportional_set_size, settled
from bench.plan import Plan
from bench.rows import Bar, Row
from bench.volumes.cluster import (
    administrator,
    at_rest,
    installed,
    is_leading,
    metrics_of,
    running_cluster,
    without_controllers,
)
from bench.volumes.population import fill
from controller.work import Kind
from testbed.audit import audit_flags, audit_log
from testbed.control_plane import ControlPlaneOptions
from testbed.ports import LOOPBACK, free_ports
from testbed.product.chart import NAMESPACE
from testbed.product.product import Product, Running
from testbed.supervision.client import Program

NO_WRITE: Final = Bar(1, "ours")
NOT_TWICE: Final = Bar(2, "ours")
STEADY_BAR: Final = Bar(10, "ours")
MEMORY_BAR: Final = Bar(200, "ours")

# Leases are renewed all the time, and by no other way can a controller lead.
_RULES: Final = (
    {"level": "None", "resources": [{"group": "coordination.k8s.io", "resources": ["leases"]}]},
    {
        "level": "Metadata",
        "userGroups": [f"system:serviceaccounts:{NAMESPACE}"],
        "verbs": ["create", "update", "patch", "delete", "deletecollection"],
    },
)
_QUIET_WITHIN: Final = 600.0
_LOOK_EVERY: Final = 0.1
_GOES_ON: Final = frozenset({Kind.USAGE, Kind.HOUSE})


def measure(ground: Ground, plan: Plan) -> Iterator[Row]:
    """Four rows of one restart, after a life in which all that was to do has been done."""
    audit = ground.folder / "audit"
    with running_cluster(ground, ControlPlaneOptions(api_server=audit_flags(audit, *_RULES))) as bed:
        product = installed(bed)
        without_controllers(bed)
        directories = fill(administrator(bed), product, plan.volumes)
        at_rest(bed)
        # Whatever was tried in vain is tried again within a minute.
        Life.begin(product, ground.folder / "first", Quiet(60, len(directories))).end()
        written = writes_in(audit_log(audit))
        at_rest(bed)
        life = Life.begin(product, ground.folder / "second", Quiet(3, len(directories)))
        memory = max(settled(partial(proportional_set_size, each.process.pid)) for each in life.programs)
        opened = life.end()
        news = writes_in(audit_log(audit))[len(written) :]
    name = f"restart with {plan.volumes:,} volumes"
    yield Row(f"{name}: writes to the API, beside Leases", len(news), None, "", NO_WRITE, shown(news))
    times = [opened.get(each, 0) for each in directories]
    yield Row(f"{name}: times that a directory was opened at most", max(times), None, "", NOT_TWICE, touched(times))
    yield Row(f"{name}: until all is quiet", life.seconds, None, "s", STEADY_BAR)
    yield Row(f"{name}: memory of the larger controller", memory, None, "MiB", MEMORY_BAR)


@dataclass(frozen=True, slots=True)
class Quiet:
    """When a life counts as quiet: both controllers lead, so many objects at least have been dealt with, and none for
    so many seconds.
    """

    seconds: float
    objects: int


@dataclass(frozen=True, slots=True)
class Life:
    """Both controllers, from their start until nothing was left to do, which took so many `seconds`."""

    programs: Sequence[Running]
    counts: Path
    seconds: float

    @classmethod
    def begin(cls, product: Product, folder: Path, quiet: Quiet) -> "Life":
        """Start both; returns once all is quiet."""
        counts = folder.with_suffix(".json")
        started = time.monotonic()
        programs = (product.start_controller("--cluster"), _start_counted(product, counts))
        return cls(programs, counts, _quiet_since(programs, quiet) - started)

    def end(self) -> dict[str, int]:
        """Stop both, as a rollout does; returns how often the export's controller opened each directory."""
        for each in self.programs:
            each.process.stop()
        counts: dict[str, int] = json.loads(self.counts.read_text())
        return counts


def writes_in(log: Path) -> list[str]:
    """What an audit log says was written: verb, kind and name of each."""
    entries = map(json.loads, log.read_text().splitlines()) if log.exists() else ()
    return [f"{each['verb']} {_object(each.get('objectRef', {}))}" for each in entries]


def shown(writes: Sequence[str]) -> str:
    """How many of each verb and kind, for the notes."""
    counts = Counter(" ".join(each.split()[:2]) for each in writes)
    return ", ".join(f"{number} {what}" for what, number in counts.most_common())


def touched(times: Sequence[int]) -> str:
    """How many directories were opened at all, for the notes."""
    return f"{sum(map(bool, times)):,} of {len(times):,} directories of static volumes were"


def _object(reference: dict[str, str]) -> str:
    return f"{reference.get('resource', '')} {reference.get('name', '')}".strip()


def _start_counted(product: Product, counts: Path) -> Running:
    (port,) = free_ports(1)
    bed = product.bed
    argv = [sys.executable, "-m", "bench.volumes.counted_controller"]
    arguments = [str(product.policy_file), str(bed.export.root), str(port), str(counts)]
    env = {"KUBECONFIG": str(product.kubeconfig("export"))}
    log = bed.logs / f"counted-{counts.stem}.log"
    program = Program("the export's controller", [*argv, *arguments], log, env, Path(__file__).parents[2])
    return Running(bed.supervisor.start(program), f"http://{LOOPBACK}:{port}/readyz")


def _quiet_since(programs: Sequence[Running], quiet: Quiet) -> float:
    """When the last object was dealt with, once all is quiet."""
    give_up = time.monotonic() + _QUIET_WITHIN
    dealt_with, since = -1.0, time.monotonic()
    while time.monotonic() < give_up:
        now = sum(map(_dealt_with, programs)) if all(map(is_leading, programs)) else -1.0
        if now != dealt_with:
            dealt_with, since = now, time.monotonic()
        elif now >= quiet.objects and time.monotonic() - since >= quiet.seconds:
            return since
        for each in programs:
            each.process.check_running()
        time.sleep(_LOOK_EVERY)
    raise BenchError(f"the controllers are not quiet within {_QUIET_WITHIN:.0f} s")


def _dealt_with(controller: Running) -> float:
    """How many objects, but for what goes on all the time at its own pace, and nobody waits for."""
    metrics = metrics_of(controller)
    if metrics is None:
        return -1.0
    waited_for = (kind for kind in Kind if kind not in _GOES_ON)
    return sum(metrics.total("nfs_steward_objects_settled_total", kind=kind) for kind in waited_for)
