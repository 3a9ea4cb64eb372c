"""What it costs the webhook to know which claims use more than their size: throughput and memory, with and without.

Both are ours, started alike on the same cluster with thousands of marked claims. One has a policy whose profiles act on
them (`overQuota: readOnly`), the other the policy that all other comparisons have.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import orjson
import yaml

from bench.admission import TITLES, Kind, reviews, write_requests
from bench.arena import POLICY, Arena, fill_namespaces, in_parallel
from bench.at_socket import CONNECTIONS
from bench.contestants import Command, Contestant, start, webhook_argv
from bench.errors import BenchError
from bench.footprint import largest_worker, settled
from bench.load import ClosedLoop
from bench.plan import Plan
from bench.rounds import Samples, alternate
from bench.rows import Bar, Row
from kube.resources import CLAIMS
from policy import keys
from testbed.ports import free_ports

MARKED: Final = 10_000
BAR: Final = Bar(0.9, "ratio")

_WITH: Final = "ours, marks on"
_WITHOUT: Final = "ours, marks off"
_FULL: Final = "full-0"  # the first of each namespace's marked claims
_SMALL: Final = "reports"


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of review that both are asked about; no bar where the one with marks has more to do."""

    title: str
    kind: Kind
    bodies: Callable[[Iterable[str]], list[bytes]]
    bar: Bar | None


CASES: Final = (
    Case(TITLES[Kind.CLAIM], Kind.CLAIM, lambda names: reviews(Kind.CLAIM, names), BAR),
    Case("a Pod with a claim within its size", Kind.PLAIN_POD, lambda names: pods_with(_SMALL, names), BAR),
    Case("a Pod with a claim over it, made read-only", Kind.PLAIN_POD, lambda names: pods_with(_FULL, names), None),
)


def measure(arena: Arena, plan: Plan) -> Iterator[Row]:
    """A row for each case, and one for the memory of a worker."""
    namespaces = fill_namespaces(arena.client, plan.namespaces)
    in_parallel(lambda number: _mark(arena, namespaces, number), range(MARKED))
    both = {name: _start(arena, name, policy) for name, policy in _policies(arena.folder).items()}
    _check(both, arena, namespaces[-1])
    for case in CASES:
        yield _throughput(case, alternate(_measures(case, both, arena, namespaces, plan), plan.rounds))
    known, unaware = (settled(partial(largest_worker, both[name].process)) for name in (_WITH, _WITHOUT))
    yield Row(f"memory: a webhook worker, {MARKED:,} claims over their size; peer: marks off", known, unaware, "MiB")


def pods_with(claim: str, namespaces: Iterable[str]) -> list[bytes]:
    """The captured Pod in which nothing is for us, with a claim in the place of its empty directory."""
    found = []
    for body in reviews(Kind.PLAIN_POD, namespaces):
        review = orjson.loads(body)
        volumes = review["request"]["object"]["spec"]["volumes"]
        (place,) = (index for index, volume in enumerate(volumes) if "emptyDir" in volume)
        volumes[place] = {"name": volumes[place]["name"], "persistentVolumeClaim": {"claimName": claim}}
        found.append(orjson.dumps(review))
    return found


def acting_policy(policy: str) -> str:
    """The same policy with profiles that act on claims over their size."""
    changed = yaml.safe_load(policy)
    for profile in changed["profiles"]:
        profile["overQuota"] = "readOnly"
    return yaml.safe_dump(changed)


def _policies(folder: Path) -> Mapping[str, Path]:
    acting = folder / "acting.yaml"
    acting.write_text(acting_policy(POLICY.read_text()))
    return {_WITH: acting, _WITHOUT: POLICY}


def _start(arena: Arena, name: str, policy: Path) -> Contestant:
    (port,) = free_ports(1)
    return start(arena, Command(name, webhook_argv(arena, port, policy), port, {"KUBECONFIG": str(arena.kubeconfig)}))


def _check(both: Mapping[str, Contestant], arena: Arena, namespace: str) -> None:
    """Make sure that one makes the claim read-only and the other does not; else `BenchError`."""
    (review,) = pods_with(_FULL, [namespace])
    for name, contestant in both.items():
        patched = "patch" in contestant.ask(Kind.PLAIN_POD, review, arena.authority)
        if patched is not (name == _WITH):
            raise BenchError(f"{name}: a Pod with a claim over its size is {'' if patched else 'not '}patched")


def _measures(
    case: Case, both: Mapping[str, Contestant], arena: Arena, namespaces: Iterable[str], plan: Plan
) -> dict[str, Callable[[], float]]:
    loop = ClosedLoop(arena.programs.wrk, arena.programs.packages.env(), CONNECTIONS, plan.seconds)
    requests = [(both[_WITH].paths[case.kind], body) for body in case.bodies(namespaces)]
    written = write_requests(arena.folder / f"{case.title}.requests".replace(" ", "-"), requests)
    for contestant in both.values():
        loop.rate(contestant.url, written)
    return {name: partial(loop.rate, each.url, written) for name, each in both.items()}


def _throughput(case: Case, found: Mapping[str, Samples]) -> Row:
    ours, peer = found[_WITH], found[_WITHOUT]
    notes = f"ours {ours.spread()}, peer {peer.spread()}"
    name = f"socket: {case.title}, {MARKED:,} over their size, beside marks off"
    return Row(name, ours.median, peer.median, "1/s", case.bar, notes)


def _mark(arena: Arena, namespaces: list[str], number: int) -> None:
    """Make one marked claim; they are spread evenly over the namespaces."""
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": f"full-{number // len(namespaces)}",
            "namespace": namespaces[number % len(namespaces)],
            "labels": {keys.OVER_QUOTA: keys.OVER_QUOTA_TRUE},
            "annotations": {keys.USED: "1.2Gi of 1Gi (120 %), 1,234 files"},
        },
        "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    arena.client.create(CLAIMS, claim)
