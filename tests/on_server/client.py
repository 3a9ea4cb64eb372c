"""A claim of a size as Pods have it mounted, and what they write there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Final

from policy.shapes import Json
from testbed.nfs_server.processes import User

from .site import Site
from .team import Bound
from .ways import VERSIONS

MIB: Final = 1 << 20
SIZE: Final = 10 * MIB
"""What claims ask for here, in bytes."""
_PLACES: Final = count(1)


def sized(size: str = "10Mi") -> Json:
    """The part of a claim's `spec` that asks for so much."""
    return {"resources": {"requests": {"storage": size}}}


def pod_user(bound: Bound) -> User:
    """A user of a Pod, in the group of the claim's directory."""
    return User(5000, 5000, (bound.gid or 0,))


@dataclass(frozen=True)
class Client:
    """A claim's directory as Pods have it mounted: the places, by versions of NFS."""

    site: Site
    bound: Bound
    places: dict[str, str]

    def write(self, version: str, mebibytes: int, user: User | None) -> str:
        """Write a file of so many MiB, past all caches; what dd says of it. The file stays."""
        path = f"{self.places[version]}/file-{user.uid if user else 0}"
        dd = f"dd if=/dev/zero of={path} bs=1M count={mebibytes} oflag=direct 2>&1"
        return self.site.server.run(dd, user, timeout=120).output

    def written(self, user: User | None) -> int:
        """How large the file has become, on the server."""
        path = f"{self.bound.path}/file-{user.uid if user else 0}"
        return int(self.site.server.check(f"stat -c %s {path}"))

    def clear(self) -> None:
        """Remove what was written, on the server."""
        self.site.server.check(f"rm -f {self.bound.path}/file-*")

    def size(self, version: str = "4.1") -> int:
        """How large the file system is, as `df` tells a Pod."""
        *_, line = self.site.server.check(f"df -P -k {self.places[version]}").splitlines()
        return int(line.split()[1]) * 1024


@contextmanager
def mounted(site: Site, bound: Bound, versions: Sequence[str] = VERSIONS) -> Iterator[Client]:
    """Have a claim mounted as a kubelet would, for the block."""
    number = next(_PLACES)
    places = {version: f"/mnt/sized-{number}-{version}" for version in versions}
    for version, place in places.items():
        site.server.mount(bound.path, place, version)
    try:
        yield Client(site, bound, places)
    finally:
        for place in places.values():
            site.server.check(f"umount {place}")
