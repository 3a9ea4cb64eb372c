"""Claims that are subvolumes of a btrfs behind a kernel NFS server."""

from policy import keys
from policy.paths import RESERVED
from policy.shapes import annotations
from testbed.nfs_server.server import LOOPBACK

from .client import SIZE, mounted, pod_user, sized
from .counted import ON_BTRFS, subvolume_limits, subvolumes
from .site import Site
from .team import Team
from .ways import SIZED_BTRFS


def test_a_claim_is_a_subvolume_with_its_size_as_the_limit(site: Site, team: Team) -> None:
    bound = team.bound("data", SIZED_BTRFS.plain_class, **sized())

    assert annotations(bound.volume)[keys.HELD_BY] == "btrfs"
    assert subvolume_limits(site)[subvolumes(site)[bound.path]] == str(SIZE)


def test_no_client_mounts_a_subvolume_over_nfs_3(site: Site, team: Team) -> None:
    bound = team.bound("data", SIZED_BTRFS.plain_class, **sized())

    tried = site.server.run(f"mkdir -p /mnt/v3 && mount -t nfs -o nfsvers=3,retry=0 {LOOPBACK}:{bound.path} /mnt/v3")

    assert tried.status
    assert "access denied by server" in tried.output


def test_a_claim_with_a_snapshot_in_it_stays_whole_on_the_export(site: Site, team: Team) -> None:
    bound, other = (team.bound(name, SIZED_BTRFS.plain_class, **sized()) for name in ("data", "other"))
    with mounted(site, bound, SIZED_BTRFS.versions) as client:
        client.write("4.1", 2, pod_user(bound))
    site.server.check(f"touch {other.path}/theirs && btrfs subvolume snapshot -r {other.path} {bound.path}/snapshot")

    team.end(bound)

    told = site.told("PersistentVolume", bound.name, "default", "ReclaimIncomplete")
    assert "goes only with no other one or snapshot in it" in told
    doomed = f"{ON_BTRFS}/{RESERVED}/doomed/{bound.uid}/*"
    kept = site.server.check(f"ls {doomed} {doomed}/snapshot {other.path}").split()
    assert kept.count("theirs") == 2
    assert "file-5000" in kept
