"""Directories, as each kind of server lets them be made; what it does not allow is told."""

from dataclasses import replace

from kube import resources
from policy import keys
from testbed.nfs_server.processes import User
from testbed.nfs_server.server import LOOPBACK
from testbed.waiting import wait_for
from tests.cluster.objects import NOWHERE, gates, phase, pod, volume
from tests.waiting import WITHIN

from .site import GIDS, Directory, Site
from .team import Team
from .ways import CLOSED, LOCAL, OPEN, OWNED, SQUASHED, TRUSTED, Way, ways

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


@ways(*OPEN)
def test_what_a_class_asks_for_is_had_or_else_told(site: Site, team: Team, way: Way) -> None:
    name = site.make_class(f"asking-{way.name}", way, mode="0751", uid="1234", gid="4321", onDelete="delete")

    bound = team.bound("data", name)

    wanted = Directory(0o751, (1234, 4321))
    assert site.look(bound.path) == (wanted if way.gives else replace(wanted, owner=way.maker))
    if not way.gives:
        told = team.told("data", "OwnershipIncomplete")
        assert "group 4321 was refused" in told
        assert "owner 1234 was refused" in told


@ways(OWNED, SQUASHED)
def test_where_a_class_asks_for_what_the_controller_is_nothing_is_amiss(site: Site, team: Team, way: Way) -> None:
    uid, gid = way.maker
    name = site.make_class(f"own-{way.name}", way, uid=str(uid), gid=str(gid), onDelete="delete")

    bound = team.bound("data", name)

    assert (site.look(bound.path), bound.gid) == (Directory(0o2770, way.maker), gid)
    assert "OwnershipIncomplete" not in team.events("data")


@ways(*OPEN)
def test_a_node_s_root_walks_to_a_directory_several_levels_down_and_lists_none_of_them(
    site: Site, team: Team, way: Way
) -> None:
    pattern = "${.PVC.namespace}/${.PVC.labels.app}/${.PVC.name}"
    uid, gid = way.maker
    name = site.make_class(f"deep-{way.name}", way, pathPattern=pattern, gid=str(gid or 4321), onDelete="delete")

    bound = team.bound("data", name, {"labels": {"app": "shop"}})

    assert bound.path == f"{way.served.root}/{team.namespace}/shop/data"
    assert site.look(bound.path) == Directory(0o2770, (uid, gid or 4321))
    assert site.look(f"{way.served.root}/{team.namespace}").mode == 0o2771
    assert bound.gid == (gid or 4321)
    with site.mounted(bound.path) as place:
        site.server.check(f"echo ours > {place}/file", User(SOMEBODY, SOMEBODY, (bound.gid,)))
    with site.mounted(way.served.root) as place:
        listing = site.server.run(f"ls {place}/{team.namespace}", User(SOMEBODY, SOMEBODY))
        assert "Permission denied" in listing.output


@ways(*OPEN)
def test_an_inline_volume_has_its_directory_before_its_pod_may_be_scheduled(site: Site, team: Team, way: Way) -> None:
    path = f"{way.served.root}/{team.namespace}-inline/deep"
    inline = {"nfs": {"server": LOOPBACK, "path": path}}

    made = site.admin.create(resources.PODS, pod("user", team.namespace, inline, nodeSelector=NOWHERE))

    assert gates(made) == [keys.DIRECTORY_GATE]
    wait_for("the gate to be lifted", lambda: not gates(team.pod("user")), WITHIN)
    uid, gid = site.look(path).owner
    assert uid == way.maker[0]
    if way.gives:
        assert GIDS["from"] <= gid <= GIDS["to"]
    else:
        assert "refused by the export" in site.told("Pod", "user", team.namespace, "OwnershipIncomplete")


@ways(*OPEN)
def test_a_static_volume_has_its_directory_as_soon_as_it_is_expected(site: Site, team: Team, way: Way) -> None:
    path = f"{way.served.root}/{team.namespace}-static"
    source = {"nfs": {"server": LOOPBACK, "path": path}}
    reserved = volume(f"{team.namespace}-static", source, reserved_for=(team.namespace, "by-hand"))

    site.admin.create(resources.VOLUMES, {**reserved, "spec": {**reserved["spec"], "storageClassName": ""}})

    wait_for("the directory", lambda: site.is_there(path), WITHIN)
    assert site.told("PersistentVolume", f"{team.namespace}-static", "default", "DirectoryCreated")
    assert site.look(path).owner[0] == way.maker[0]


@ways(CLOSED)
def test_where_nobody_is_who_root_is_and_may_write_nothing_the_claim_s_author_reads_why(
    site: Site, team: Team, way: Way
) -> None:
    team.claim("data", way.plain_class)

    told = team.told("data", "ExportUnavailable")

    assert f"export {way.name} is denied" in told
    assert "uid 0, whom a server with root_squash takes for nobody" in told
    assert phase(team.read("data")) == "Pending"


@ways(TRUSTED)
def test_a_directory_that_somebody_else_has_just_removed_is_made_again_whatever_a_client_remembers(
    site: Site, team: Team, way: Way
) -> None:
    path = f"{way.served.root}/{team.namespace}-inline"
    inline = {"nfs": {"server": LOOPBACK, "path": path}}
    site.admin.create(resources.PODS, pod("first", team.namespace, inline, nodeSelector=NOWHERE))
    wait_for("the gate to be lifted", lambda: not gates(team.pod("first")), WITHIN)

    site.server.check(f"rmdir {path}")
    site.admin.create(resources.PODS, pod("second", team.namespace, inline, nodeSelector=NOWHERE))

    wait_for("the gate to be lifted", lambda: not gates(team.pod("second")), WITHIN)
    assert site.is_there(path)
