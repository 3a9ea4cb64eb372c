"""The ends of claims, whose trees hold what others own."""

from policy.paths import RESERVED
from testbed.nfs_server.processes import User
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .site import Site
from .team import Bound, Team
from .ways import LOCAL, OWNED, SQUASHED, TRUSTED, Way, ways

ONE, OTHER = 5000, 6000
"""Uids of Pods that own what they have made."""


def write_as_two(site: Site, bound: Bound, group: int) -> None:
    """Have two users of one group fill a volume over NFS, each with a folder that the other one, and whoever else is in
    the group, can only read.
    """
    with site.mounted(bound.path) as place:
        for uid in (ONE, OTHER):
            folder = f"{place}/of-{uid}"
            site.server.check(
                f"umask 022; mkdir -p {folder}/deep; echo {uid} > {folder}/deep/file", User(uid, uid, (group,))
            )


def group_class(site: Site, way: Way, name: str, **parameters: str) -> tuple[str, int]:
    """A class whose directories have a group that the controller can give, and that group."""
    group = way.maker[1] or 4321
    return site.make_class(f"{name}-{way.name}", way, gid=str(group), **parameters), group


@ways(TRUSTED, LOCAL)
def test_a_tree_of_several_owners_goes_with_its_claim(site: Site, team: Team, way: Way) -> None:
    name, group = group_class(site, way, "gone", onDelete="delete")
    bound = team.bound("data", name)
    write_as_two(site, bound, group)

    team.end(bound)

    assert not site.is_there(bound.path)
    assert "Removed what was at" in site.told("PersistentVolume", bound.name, "default", "DataRemoved")
    assert site.server.run(f"find {way.served.root}/{RESERVED}/doomed | grep {ONE}").status


@ways(OWNED, SQUASHED)
def test_what_the_server_does_not_let_us_remove_is_told_and_in_nobody_s_way(site: Site, team: Team, way: Way) -> None:
    pattern = "${.PVC.namespace}-${.PVC.name}"
    name, group = group_class(site, way, "stays", onDelete="delete", pathPattern=pattern)
    bound = team.bound("data", name)
    write_as_two(site, bound, group)

    team.end(bound)

    told = site.told("PersistentVolume", bound.name, "default", "ReclaimIncomplete")
    assert "stays (EACCES: Permission denied)" in told
    stays = site.server.check(f"find {way.served.root}/{RESERVED}/doomed -name file -exec cat {{}} +")
    assert set(stays.split()) >= {str(ONE), str(OTHER)}
    again = team.bound("data", name)
    assert again.path == bound.path
    assert site.server.check(f"ls -A {again.path}") == ""


@ways(TRUSTED, OWNED, SQUASHED)
def test_an_archive_is_given_back_with_the_owners_that_it_had(site: Site, team: Team, way: Way) -> None:
    name, group = group_class(site, way, "archived", onDelete="archive")
    bound = team.bound("data", name)
    write_as_two(site, bound, group)
    before = entries(site, bound.path)
    team.end(bound)
    assert not site.is_there(bound.path)
    again = team.bound("again", name)

    (archive,) = site.server.check(f"ls {way.served.root}/{RESERVED}/archives | grep ^{team.namespace}_").split()
    export = f"--export={way.name}={site.place(way)}"
    restored = site.product.run("archive", "restore", archive, f"--to={team.namespace}/again", export, user=way.user)

    assert restored.status == 0, restored.output
    assert entries(site, again.path) == before


def entries(site: Site, path: str) -> str:
    """All that is at a path on the server, with modes and owners."""
    return site.server.check(f"cd {path} && find . -printf '%p %m %U %G\\n' | sort")


@ways(TRUSTED)
def test_a_file_that_a_client_of_the_same_node_holds_open_is_told(site: Site, team: Team, way: Way) -> None:
    """An NFS client renames such a file instead of removing it."""
    bound = team.bound("data", way.plain_class)
    with site.mounted(bound.path) as place:
        holder = site.server.start("holder", ["sh", "-c", f"exec 3> {place}/file; exec sleep 1000"], {})
        wait_for("the file to be open", lambda: site.is_there(f"{bound.path}/file"), WITHIN)

        team.end(bound)

        assert "stays (EBUSY" in site.told("PersistentVolume", bound.name, "default", "ReclaimIncomplete")
        assert ".nfs" in site.server.check(f"find {way.served.root}/{RESERVED}/doomed/{bound.uid}")
        holder.signal("KILL")
