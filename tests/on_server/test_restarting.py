"""Controllers that die, and others that take their place: which limits are as they were, and which go."""

from dataclasses import dataclass

import pytest

from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .client import SIZE, mounted, pod_user, sized
from .conftest import MakeTeam
from .counted import ON_BTRFS, ledger, limit_of, number_of, subvolume_limits, subvolumes
from .site import Site
from .team import Bound, Team
from .ways import SIZED_BTRFS, SIZED_XFS


@dataclass(frozen=True)
class Restarted:
    """A namespace whose claims are older than the controllers: one on XFS, with the numbers that were given there, and
    a subvolume. `gone` is the number of a subvolume that had its end before.
    """

    team: Team
    on_xfs: Bound
    numbers: dict[str, str]
    on_btrfs: Bound
    gone: str


@pytest.fixture(scope="module")
def restarted(site: Site, make_team: MakeTeam) -> Restarted:
    team = make_team()
    on_xfs = team.bound("on-xfs", SIZED_XFS.plain_class, **sized())
    stays, ends = (team.bound(name, SIZED_BTRFS.plain_class, **sized()) for name in ("stays", "ends"))
    gone = subvolumes(site)[ends.path]
    with mounted(site, ends, SIZED_BTRFS.versions) as client:
        client.write("4.1", 2, pod_user(ends))
    team.end(ends)
    assert ends.path not in subvolumes(site)
    # A qgroup can go once all that was in its subvolume has gone, and that is written down.
    site.server.check(f"btrfs subvolume sync {ON_BTRFS} {gone} && btrfs filesystem sync {ON_BTRFS}")
    numbers = ledger(site, SIZED_XFS)
    site.restart_controllers()
    return Restarted(team, on_xfs, numbers, stays, gone)


def test_numbers_outlive_the_controller(site: Site, restarted: Restarted) -> None:
    after = restarted.team.bound("after", SIZED_XFS.plain_class, **sized())

    assert ledger(site, SIZED_XFS).items() >= restarted.numbers.items()
    assert number_of(site, after) not in restarted.numbers
    assert number_of(site, restarted.on_xfs) in restarted.numbers
    assert limit_of(site, SIZED_XFS, number_of(site, restarted.on_xfs)) == SIZE


def test_the_qgroup_of_a_subvolume_goes_when_house_is_kept(site: Site, restarted: Restarted) -> None:
    """Every ten minutes, and when a controller begins."""
    wait_for("the qgroup to be gone", lambda: restarted.gone not in subvolume_limits(site), WITHIN)

    assert subvolume_limits(site)[subvolumes(site)[restarted.on_btrfs.path]] == str(SIZE)
