"""Copies of claims whose trees hold what others own."""

from kube import resources
from policy.shapes import text
from testbed.nfs_server.processes import User
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .site import Site
from .team import Bound, Team
from .ways import LOCAL, OWNED, SQUASHED, TRUSTED, Way, ways

SOMEBODY = 5000
"""A uid of Pods, which owns what they have made."""


def written(site: Site, team: Team, way: Way, mode: str) -> tuple[Bound, str, int]:
    """A claim with a file of that mode in it, its class, and the group of its directory."""
    group = way.maker[1] or 4321
    name = site.make_class(f"{team.namespace}-copied", way, gid=str(group), onDelete="delete")
    bound = team.bound("source", name)
    with site.mounted(bound.path) as place:
        user = User(SOMEBODY, SOMEBODY, (group,))
        site.server.check(
            f"mkdir {place}/deep && echo first > {place}/deep/file && chmod {mode} {place}/deep/file", user
        )
    return bound, name, group


SOURCE = {"kind": "PersistentVolumeClaim", "name": "source"}


@ways(TRUSTED, LOCAL)
def test_a_copy_has_the_owners_and_modes_of_its_source(site: Site, team: Team, way: Way) -> None:
    _, name, _ = written(site, team, way, "600")

    copy = team.bound("copy", name, dataSource=SOURCE)

    assert site.server.check(f"stat -c '%a %u' {copy.path}/deep/file").split() == ["600", str(SOMEBODY)]
    assert site.server.check(f"cat {copy.path}/deep/file") == "first\n"
    assert "CopyIncomplete" not in team.events("copy")


@ways(OWNED, SQUASHED)
def test_a_copy_that_cannot_keep_its_source_s_owners_says_so_and_belongs_to_the_controller(
    site: Site, team: Team, way: Way
) -> None:
    _, name, _ = written(site, team, way, "644")

    copy = team.bound("copy", name, dataSource=SOURCE)

    assert site.server.check(f"stat -c %u {copy.path}/deep/file").split() == [str(way.maker[0])]
    assert site.server.check(f"cat {copy.path}/deep/file") == "first\n"
    assert "not with the owner that they had, which the export refused" in team.told("copy", "CopyIncomplete")


@ways(OWNED, SQUASHED)
def test_of_what_the_server_does_not_let_us_read_there_is_no_copy(site: Site, team: Team, way: Way) -> None:
    written_ = written(site, team, way, "600")

    team.claim("copy", written_[1], dataSource=SOURCE)

    assert "'deep/file' in it cannot be read by uid" in team.told("copy", "ProvisioningFailed")
    assert text(team.read("copy"), "spec", "volumeName") is None


@ways(TRUSTED, OWNED)
def test_a_claim_grows_and_is_told_that_nothing_holds_it_to_its_size(site: Site, team: Team, way: Way) -> None:
    bound = team.bound("data", way.plain_class)

    larger = {"spec": {"resources": {"requests": {"storage": "3Gi"}}}}
    site.admin.patch(resources.CLAIMS, "data", larger, namespace=team.namespace, type="merge")

    wait_for("it to have grown", lambda: text(team.read("data"), "status", "capacity", "storage") == "3Gi", WITHIN)
    grown = site.admin.get(resources.VOLUMES, bound.name)
    assert text(grown, "spec", "capacity", "storage") == "3Gi"
    assert f"not enforced on export {way.name} (quota: none)" in team.told("data", "VolumeExpanded")
