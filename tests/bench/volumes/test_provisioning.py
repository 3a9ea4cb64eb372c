"""The rows about claims at once, without the clusters that they are measured on."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.arena import Ground
from bench.programs import BenchPrograms
from bench.rows import Row
from bench.volumes.provisioners import FLOOR, OURS, PEER, Provisioner
from bench.volumes.provisioning import RAISED, USUAL, BinderRate, Measurement
from testbed.debian import UnpackedPackages
from testbed.errors import PartUnavailable
from testbed.programs import Programs

RATES = {OURS: 6.0, FLOOR: 6.5, PEER: 1.9}
EXECUTABLE = Path("peer")


@dataclass
class Told(Measurement):
    """A measurement whose outcome is known."""

    def reached(self, provisioner: Provisioner) -> float:
        return RATES[provisioner.name]


def rows(rate: BinderRate, provisioner: Path | PartUnavailable = EXECUTABLE) -> list[Row]:
    nowhere = Path("nowhere")
    programs = BenchPrograms(UnpackedPackages(nowhere), nowhere, nowhere, provisioner)
    return Told(Ground(nowhere, Programs({}), programs), 200, rate, 1).rows()


def test_ours_is_held_against_the_binder_alone_and_against_the_peer() -> None:
    beside_floor, beside_peer = rows(USUAL)
    assert beside_floor.name == (
        "200 claims at once until all are Bound, the binder's own rate, beside the binder alone"
    )
    assert (beside_floor.ours, beside_floor.peer, beside_floor.met) == (6.0, 6.5, True)
    assert (beside_peer.ours, beside_peer.peer, beside_peer.met) == (6.0, 1.9, True)


def test_the_peer_sets_a_bar_at_the_binders_own_rate_only() -> None:
    beside_floor, beside_peer = rows(RAISED)
    assert beside_floor.bar is not None
    assert beside_peer.bar is None


def test_without_the_peer_its_row_says_why_and_holds_nobody_to_anything() -> None:
    _, beside_peer = rows(USUAL, PartUnavailable(PEER, "the proxy does not serve it"))
    assert (beside_peer.ours, beside_peer.peer, beside_peer.met) == (6.0, None, None)
    assert beside_peer.notes == f"skipped: no {PEER}: the proxy does not serve it"


@pytest.mark.parametrize(
    ("floor", "met"), [pytest.param(6.89, True, id="just reached"), pytest.param(6.91, False, id="just missed")]
)
def test_the_bar_is_fifteen_percent_more_time_than_the_binder_alone(
    monkeypatch: pytest.MonkeyPatch, floor: float, met: bool
) -> None:
    monkeypatch.setitem(RATES, FLOOR, floor)
    beside_floor, _ = rows(USUAL)
    assert beside_floor.met is met
