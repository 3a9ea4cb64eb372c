"""Claims that their file systems hold to their sizes, behind a kernel NFS server."""

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from kube import resources
from policy import keys
from policy.paths import RESERVED
from policy.shapes import annotations, text
from testbed.nfs_server.exports import FileSystem
from testbed.nfs_server.processes import User
from testbed.node.guest import NO_AVX512_IN_C
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .client import MIB, SIZE, mounted, pod_user, sized
from .counted import ledger, limit_of, number_of
from .site import Site
from .team import Team
from .ways import LOCAL, SIZED, SIZED_BTRFS, SIZED_EXT4, SIZED_XFS, TRUSTED, UNSIZED, Way, ways

TOLD: Final = {
    FileSystem.XFS: "No space left on device",
    FileSystem.EXT4: "Disk quota exceeded",
    FileSystem.BTRFS: "Disk quota exceeded",
}
"""What an application is told at the limit."""


@pytest.fixture(params=["root_squash", "no_root_squash"])
def squash(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@ways(*SIZED, SIZED_BTRFS)
def test_nobody_writes_more_than_the_claim_s_size_but_root_where_ext4_lets_it(
    site: Site, team: Team, way: Way, squash: str
) -> None:
    site.server.serve_otherwise(replace(way.served, options=f"rw,{squash},sync"))
    name = site.make_class(f"{team.namespace}-open", way, mode="2777", quota=way.quota)
    bound = team.bound("data", name, **sized())
    escapes = way is SIZED_EXT4 and squash == "no_root_squash"

    with mounted(site, bound, way.versions) as client:
        for version in client.places:
            for user in (pod_user(bound), None):
                told = client.write(version, 15, user)
                if escapes and user is None:
                    assert client.written(user) == 15 * MIB
                else:
                    assert TOLD[way.served.file_system] in told
                    assert SIZE - MIB <= client.written(user) <= SIZE
                client.clear()
            assert way is SIZED_BTRFS or client.size(version) == SIZE


@ways(*SIZED, SIZED_BTRFS)
def test_a_claim_that_grows_has_a_higher_limit(site: Site, team: Team, way: Way) -> None:
    bound = team.bound("data", way.plain_class, **sized())
    assert annotations(bound.volume)[keys.HELD_BY] == way.quota
    user = pod_user(bound)

    with mounted(site, bound, way.versions) as client:
        assert TOLD[way.served.file_system] in client.write("4.1", 15, user)
        site.admin.patch(resources.CLAIMS, "data", {"spec": sized("20Mi")}, namespace=team.namespace, type="merge")
        wait_for("it to have grown", lambda: text(team.read("data"), "status", "capacity", "storage") == "20Mi", WITHIN)

        client.clear()
        client.write("4.1", 15, user)
        assert client.written(user) == 15 * MIB
        assert TOLD[way.served.file_system] in client.write("4.1", 30, user)
        assert way is SIZED_BTRFS or client.size() == 2 * SIZE
    grown = site.admin.get(resources.VOLUMES, bound.name)
    assert text(grown, "spec", "capacity", "storage") == "20Mi"
    assert f"The file system of export {way.name} has a limit there" in team.told("data", "VolumeExpanded")


@ways(*SIZED)
def test_the_end_of_a_claim_frees_its_number(site: Site, team: Team, way: Way) -> None:
    gone, stays = (team.bound(name, way.plain_class, **sized()) for name in ("gone", "stays"))
    numbers = {each.claim: number_of(site, each) for each in (gone, stays)}
    given = ledger(site, way)
    assert numbers["gone"] != numbers["stays"]
    assert [given[numbers[each.claim]] for each in (gone, stays)] == [
        text(team.read(each.claim), "metadata", "uid") for each in (gone, stays)
    ]
    with mounted(site, gone) as client:
        client.write("4.1", 2, pod_user(gone))

    team.end(gone)

    assert numbers["gone"] not in ledger(site, way)
    assert limit_of(site, way, numbers["gone"]) == 0
    assert number_of(site, stays) == numbers["stays"]
    assert limit_of(site, way, numbers["stays"]) == SIZE


@ways(SIZED_XFS)
def test_a_copy_is_held_to_its_own_size(site: Site, team: Team, way: Way) -> None:
    source = team.bound("source", way.plain_class, **sized())
    with mounted(site, source) as client:
        client.write("4.1", 4, pod_user(source))
    copied = {"kind": "PersistentVolumeClaim", "name": "source"}

    copy = team.bound("copy", way.plain_class, dataSource=copied, **sized("12Mi"))

    assert number_of(site, copy) != number_of(site, source)
    with mounted(site, copy) as client:
        user = User(6000, 6000, (copy.gid or 0,))
        assert TOLD[way.served.file_system] in client.write("4.1", 15, user)
        assert 7 * MIB <= client.written(user) <= 8 * MIB


@ways(SIZED_EXT4)
def test_an_archive_keeps_its_limit_until_it_is_restored_to_a_claim_of_another_size(
    site: Site, team: Team, way: Way
) -> None:
    name = site.make_class(f"{team.namespace}-archived", way, onDelete="archive", quota="project")
    bound = team.bound("data", name, **sized())
    number = number_of(site, bound)
    with mounted(site, bound) as client:
        client.write("4.1", 2, pod_user(bound))

    team.end(bound)

    assert limit_of(site, way, number) == SIZE
    (archive,) = site.server.check(f"ls {way.served.root}/{RESERVED}/archives | grep {team.namespace}_").split()
    back = team.bound("back", name, **sized("20Mi"))
    arguments = (archive, f"--export={way.name}={way.served.root}", f"--to={team.namespace}/back")
    restored = site.product.run("archive", "restore", *arguments)
    assert restored.status == 0, restored.output
    assert number_of(site, back) == number
    assert limit_of(site, way, number) == 2 * SIZE
    assert site.server.check(f"stat -c %s {back.path}/file-5000").strip() == str(2 * MIB)


@ways(UNSIZED)
def test_a_file_system_that_cannot_refuses_the_claim_with_the_reason(site: Site, team: Team, way: Way) -> None:
    team.claim("data", way.plain_class, **sized())

    told = team.told("data", "DirectoryRefused")

    assert "quota: project cannot be had on this export: ext4 mounted without prjquota" in told
    assert text(team.read("data"), "spec", "volumeName") is None


@ways(LOCAL)
def test_a_volume_that_was_made_without_a_limit_stays_without_one(site: Site, team: Team, way: Way) -> None:
    bound = team.bound("data", way.plain_class, **sized())

    site.admin.patch(resources.CLAIMS, "data", {"spec": sized("20Mi")}, namespace=team.namespace, type="merge")

    assert "is not enforced on export local (quota: none)" in team.told("data", "VolumeExpanded")
    assert keys.HELD_BY not in annotations(bound.volume)
    assert number_of(site, bound) == "0"


@ways(TRUSTED)
def test_a_class_whose_export_is_not_local_refuses_its_claims(site: Site, team: Team, way: Way) -> None:
    team.claim("data", site.make_class(f"{team.namespace}-remote", way, quota="project"), **sized())

    assert "parameter quota: project needs the controller at the file system" in team.told("data", "ProvisioningFailed")


CONFINED = """
import sys
from pathlib import Path
from controller.export.limits.limits import Limits
from controller.export.operations import SystemCalls
from controller.export.outcomes import Finished, Limited, Made, Measured
from controller.export.jobs import Progress
from controller.export.removing import Removal, doom_aside
from controller.export.moving import set_aside
from controller.export.requests import Limit, LimitDirectory, MakeDirectory
from controller.export.visit import answer
from policy.ownership import Ownership
from policy.parameters import QuotaKind

root, calls = Path(sys.argv[1]), SystemCalls()
limits, place = Limits(calls, root), ("team-a", "data")
limit = Limit(QuotaKind.PROJECT, 10 << 20, "claim")
made = limits.make(MakeDirectory(place, Ownership(0o2770, 5000, 6000), limit))
assert made == Made(Ownership(0o2770, 5000, 6000)), made
assert limits.change(LimitDirectory(place, limit)) == Limited()
assert isinstance(limits.measured(place), Measured)
answer(calls, root, lambda visit: set_aside(visit, place, "volume"))
answer(calls, root, lambda visit: doom_aside(visit, "volume"))
assert isinstance(Removal(calls, root, "volume", limits)(Progress()), Finished)
assert list((root / ".nfs-steward" / "projects").iterdir()) == []
"""
CHART = Path(__file__).parents[2] / "charts" / "nfs-steward" / "templates" / "export" / "_pods.tpl"


@ways(*SIZED)
def test_what_the_chart_grants_is_enough_in_a_container(site: Site, way: Way) -> None:
    """A container sees the folder as a mount of its own, and devices of its own."""
    (granted,) = re.findall(r"add: \[([A-Z_, ]+)\]", CHART.read_text())
    capabilities = ",".join(f"+{each.lower()}" for each in granted.split(", "))
    script = site.server.share / "confined.py"
    script.write_text(CONFINED)
    inside, folder = "/run/confined", f"{way.served.root}/confined"
    steps = (
        f"mkdir -p {inside} {folder}",
        "mount --make-rprivate /",
        f"mount --bind {folder} {inside}",
        "mount -t tmpfs -o nosuid,mode=755 tmpfs /dev",
        "mknod /dev/null c 1 3",
        "mknod /dev/urandom c 1 9",
        f"exec /usr/bin/setpriv --bounding-set=-all,{capabilities} {sys.executable} /run/share/confined.py {inside}",
    )

    ended = site.server.run_program(["unshare", "-m", "sh", "-c", " && ".join(steps)], NO_AVX512_IN_C, timeout=120)

    assert ended.status == 0, ended.output
