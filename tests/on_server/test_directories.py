"""Directories, as each kind of server lets them be made; what it does not allow is told."""

from testbed.nfs_server.processes import User

from .site import GIDS, Site
from .team import Team
from .ways import LOCAL, OWNED, SQUASHED, TRUSTED, Way, ways

SOMEBODY, STRANGER = 5000, 6000
"""Uids that own nothing."""


@ways(TRUSTED, LOCAL)
def test_a_namespace_gets_a_directory_of_its_own_group_that_strangers_do_not_get_into(
    site: Site, team: Team, way: Way
) -> None:
    bound = team.bound("data", way.plain_class)

    found = site.look(bound.path)
    assert (found.mode, found.owner) == (0o2770, (0, bound.gid))
    assert bound.gid is not None
    assert GIDS["from"] <= bound.gid <= GIDS["to"]
    assert "OwnershipIncomplete" not in team.events("data")
    with site.mounted(bound.path) as place:
        site.server.check(f"echo ours > {place}/file", User(SOMEBODY, SOMEBODY, (bound.gid,)))
        assert site.server.run(f"cat {place}/file", User(STRANGER, STRANGER)).status


@ways(OWNED, SQUASHED)
def test_a_group_that_the_server_does_not_let_us_give_is_told_and_not_promised_to_pods(
    site: Site, team: Team, way: Way
) -> None:
    bound = team.bound("data", way.plain_class)

    found = site.look(bound.path)
    assert (found.mode, found.owner) == (0o2770, way.maker)
    assert bound.gid is None
    told = team.told("data", "OwnershipIncomplete")
    assert f"group {GIDS['from']}"[:-2] in told
    assert "refused by the export (EPERM: Operation not permitted)" in told
