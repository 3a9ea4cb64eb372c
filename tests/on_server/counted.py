"""What the server's file systems count for claims, as their own tools say."""

from policy.paths import RESERVED

from .site import Site
from .team import Bound
from .ways import SIZED_BTRFS, Way

ON_BTRFS = SIZED_BTRFS.served.root


def ledger(site: Site, way: Way) -> dict[str, str]:
    """Which project numbers are given on an export, and for which claim."""
    folder = f"{way.served.root}/{RESERVED}/projects"
    listed = site.server.run(f"cd {folder} && grep -H . *").output.split()
    return dict(line.split(":", 1) for line in listed if ":" in line)


def number_of(site: Site, bound: Bound) -> str:
    """The project number of a claim's directory."""
    return site.server.check(f"lsattr -pd {bound.path}").split()[0]


def limit_of(site: Site, way: Way, number: str) -> int:
    """The limit of a project in bytes; 0 for none."""
    return site.server.project_limits(way.served.root).get(int(number), 0)


def subvolumes(site: Site) -> dict[str, str]:
    """The numbers of the subvolumes of the btrfs that there are, by their paths on the server."""
    listed = site.server.check(f"btrfs subvolume list {ON_BTRFS}").splitlines()
    return {f"{ON_BTRFS}/{line.rpartition(' path ')[2]}": line.split()[1] for line in listed}


def subvolume_limits(site: Site) -> dict[str, str]:
    """What the qgroup of each subvolume is limited to, by their numbers: bytes, or `none`."""
    report = site.server.check(f"btrfs qgroup show --raw -r {ON_BTRFS}").splitlines()
    rows = (line.split() for line in report if line.startswith("0/"))
    return {row[0].removeprefix("0/"): row[3] for row in rows}
