"""Claims at once until all are Bound: how many a second, beside the binder alone and beside another provisioner."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from bench.arena import Ground
from bench.plan import Plan
from bench.rounds import Samples, alternate
from bench.rows import Bar, Row
from bench.volumes.binding import claims_of, seconds_until_bound
from bench.volumes.cluster import administrator, at_rest, make_namespace, running_cluster
from bench.volumes.provisioners import FLOOR, OURS, PEER, Provisioner, floor, ours, peer
from testbed.control_plane import ControlPlaneOptions
from testbed.errors import PartUnavailable

FLOOR_BAR: Final = Bar(1 / 1.15, "ratio")
"""As a ratio of rates: at most 1.15 times as long."""
PEER_BAR: Final = Bar(3, "ratio")
LOST_BAR: Final = Bar(1, "ours")

_NAMESPACE: Final = "bench"


@dataclass(frozen=True, slots=True)
class BinderRate:
    """How often the binder may write. What a limit decides differs little from one round to the next: one is enough."""

    name: str
    flags: Sequence[str]
    rounds: int
    peer_bar: Bar | None


USUAL: Final = BinderRate("the binder's own rate", (), 1, PEER_BAR)
RAISED: Final = BinderRate("the binder at 500 writes a second", ("--kube-api-qps=500", "--kube-api-burst=500"), 3, None)


@dataclass
class Measurement:
    """So many claims at once, at one rate of the binder. `lost` counts those of ours that were ever Lost."""

    ground: Ground
    count: int
    rate: BinderRate
    rounds: int
    lost: int = field(default=0, init=False)

    def rows(self) -> list[Row]:
        """The two rows; that of the peer says why, where there is none."""
        found = alternate({each.name: partial(self.reached, each) for each in (ours(), floor())}, self.rounds)
        rows = [_row(self._name(FLOOR), found[OURS], found[FLOOR], FLOOR_BAR)]
        executable = self.ground.programs.provisioner
        if isinstance(executable, PartUnavailable):
            return [*rows, Row(self._name(PEER), found[OURS].median, None, "1/s", notes=f"skipped: {executable}")]
        theirs = alternate({PEER: partial(self.reached, peer(executable))}, 1)
        return [*rows, _row(self._name(PEER), found[OURS], theirs[PEER], self.rate.peer_bar)]

    def reached(self, provisioner: Provisioner) -> float:
        """Claims a second."""
        with running_cluster(self.ground, ControlPlaneOptions(controller_manager=self.rate.flags)) as bed:
            client = administrator(bed)
            namespace = make_namespace(client, _NAMESPACE)
            names = [f"claim-{number:05}" for number in range(self.count)]
            storage_class = provisioner.prepare(bed, namespace, names)
            at_rest(bed)
            seconds, lost = seconds_until_bound(client, claims_of(namespace, storage_class, names))
        if provisioner.name == OURS:
            self.lost += lost
        return self.count / seconds

    def _name(self, peer: str) -> str:
        return f"{self.count:,} claims at once until all are Bound, {self.rate.name}, beside {peer}"


def measure(ground: Ground, plan: Plan) -> Iterator[Row]:
    """Rows of rates, in claims a second, and one that counts claims that were Lost."""
    lost = total = 0
    for count in plan.claims:
        for rate in (USUAL, RAISED):
            measurement = Measurement(ground, count, rate, min(plan.rounds, rate.rounds))
            yield from measurement.rows()
            lost, total = lost + measurement.lost, total + count * measurement.rounds
    yield Row(f"claims that were ever Lost, of {total:,}", lost, None, "", LOST_BAR)


def _row(name: str, ours: Samples, peer: Samples, bar: Bar | None) -> Row:
    return Row(name, ours.median, peer.median, "1/s", bar, f"ours {ours.spread()}, peer {peer.spread()}")
