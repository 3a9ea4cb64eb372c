"""What is told of the use of claims, beside what was written: by quotas of the file systems, which nobody has to walk
for, and by status, which says where they do not hold for all.
"""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pytest

from policy import keys
from policy.paths import RESERVED
from policy.shapes import Json, annotations
from testbed.bed import Testbed
from testbed.product.chart import NAMESPACE
from testbed.product.executable import nfs_steward
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .client import MIB, SIZE, pod_user, sized
from .conftest import MakeTeam
from .site import Site
from .team import Bound, Team
from .ways import LOCAL, SIZED, SIZED_BTRFS, SIZED_EXT4, SIZED_XFS, Way, ways

WRITTEN: Final = 6 * MIB
ROUNDING: Final = 64 * 1024
"""What the file system may take beside a file's bytes: blocks of the directory, and of where the file lies."""
BY_A_WALK: Final = LOCAL
"""Where there is no quota, and what is told can only come from a walk."""


@dataclass(frozen=True)
class Written:
    """A namespace with a claim on each of some exports, with as much in each."""

    site: Site
    team: Team
    claims: dict[Way, Bound]

    def used(self, way: Way) -> int:
        """The metric of the claim on an export; 0 while there is none."""
        port = self.site.controllers[way.user].port
        page = self.site.server.check(f"wget -q -O - http://127.0.0.1:{port}/metrics | grep claim_used_bytes")
        own = (f'namespace="{self.team.namespace}"', f'export="{way.name}"')
        lines = (line for line in page.splitlines() if all(label in line for label in own))
        return next((int(float(line.split()[-1])) for line in lines), 0)

    def is_walked(self, way: Way) -> bool:
        """Whether a walk through the claim's directory has left what the next one begins with."""
        return self.site.is_there(f"{way.served.root}/{RESERVED}/usage/{self.claims[way].uid}")


@pytest.fixture(scope="module")
def written(site: Site, make_team: MakeTeam) -> Written:
    """As many MiB in a claim of each, and each with its figure."""
    team = make_team()
    chosen = (*SIZED, SIZED_BTRFS, BY_A_WALK)
    claims = {way: team.bound(f"on-{way.name}", way.plain_class, **sized()) for way in chosen}
    for bound in claims.values():
        with site.mounted(bound.path) as place:
            dd = f"dd if=/dev/zero of={place}/file bs=1M count={WRITTEN // MIB} oflag=direct 2>&1"
            site.server.check(dd, pod_user(bound))
    found = Written(site, team, claims)
    for way in claims:
        wait_for(f"what was written on {way.name} to be told", lambda way=way: is_right(found.used(way)), WITHIN)
    return found


def is_right(figure: int) -> bool:
    return WRITTEN <= figure <= WRITTEN + ROUNDING


@pytest.fixture(scope="module")
def status(written: Written, bed: Testbed) -> Json:
    """What `nfs-steward status` tells of the namespace, for programs."""
    told: Json = json.loads(asked(bed, written.team.namespace, "-ojson"))
    return told


def asked(bed: Testbed, *arguments: str) -> str:
    command = [*nfs_steward(), "status", *arguments, f"--namespace={NAMESPACE}", f"--kubeconfig={bed.kubeconfig}"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def one(objects: Sequence[Json], name: str) -> Json:
    (found,) = (each for each in objects if each["name"] == name)
    return found


@ways(*SIZED)
def test_a_figure_is_what_dd_wrote_and_comes_without_a_walk(written: Written, way: Way) -> None:
    assert is_right(written.used(way))
    assert not written.is_walked(way)


def test_where_there_is_no_quota_it_is_the_same_by_a_walk(written: Written) -> None:
    assert is_right(written.used(BY_A_WALK))
    assert written.is_walked(BY_A_WALK)


def test_on_btrfs_it_is_the_quota_s_with_what_a_subvolume_takes_itself(written: Written) -> None:
    """No walk sees that."""
    assert WRITTEN < written.used(SIZED_BTRFS) <= WRITTEN + ROUNDING


@ways(*SIZED, SIZED_BTRFS, BY_A_WALK)
def test_status_and_claim_tell_what_dd_wrote(written: Written, status: Json, way: Way) -> None:
    """They are written anew when a figure has changed by 1 % of the size."""
    name, files = f"on-{way.name}", 2 if way in SIZED else 1  # project quotas count the directory as well
    told = one(one(status["namespaces"], written.team.namespace)["claims"], name)
    assert (told["capacityBytes"], told["usedFiles"]) == (SIZE, files)
    assert abs(told["usedBytes"] - written.used(way)) * 100 <= SIZE
    assert told["told"] == annotations(written.team.read(name))[keys.USED]


@pytest.mark.parametrize(
    ("way", "said"),
    [pytest.param(SIZED_EXT4, True, id="ext4"), pytest.param(SIZED_XFS, False, id="XFS")],
)
def test_status_says_on_which_export_root_may_write_more(
    written: Written, bed: Testbed, status: Json, way: Way, said: bool
) -> None:
    assert one(status["exports"], way.name)["fileSystem"] == way.served.file_system
    words = " ".join(asked(bed, written.team.namespace).split())
    assert (f"Export {way.name} lies on {way.served.file_system}, where no limit holds for root" in words) is said
