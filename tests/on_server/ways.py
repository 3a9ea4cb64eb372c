"""The ways in which an export and its controller meet: whom the server takes root for, and who the controller is."""

from dataclasses import dataclass, replace
from typing import Final

import pytest

from policy.parameters import QuotaKind
from testbed.nfs_server.exports import ANONYMOUS, FileSystem, ServedExport
from testbed.nfs_server.processes import User

OWNER: Final = User(1000, 1000)
"""Who owns the folders of exports that root is kept out of."""

VERSIONS: Final = ("4.1", "3")
"""The versions of NFS by which volumes are mounted."""

_SQUASHING: Final = "rw,root_squash,sync"
_ONLY_OWNER: Final = 0o755


@dataclass(frozen=True, slots=True)
class Way:
    """An export, under the name that it has in the policy, and as whom its controller runs (None: root).

    `local`: the controller is at the file system itself, and not a client. `maker` is the uid and gid by which what it
    makes is known there, `gives`: it can give that to others. `quota` is what its class says holds claims to their
    sizes. `versions` are those by which its volumes can be mounted.
    """

    name: str
    served: ServedExport
    user: User | None
    maker: tuple[int, int]
    gives: bool
    local: bool = False
    quota: QuotaKind = QuotaKind.NONE
    versions: tuple[str, ...] = VERSIONS

    @property
    def plain_class(self) -> str:
        """Its class that asks for nothing but a directory, whose data goes with its claim."""
        return f"plain-{self.name}"


TRUSTED: Final = Way("trusted", ServedExport("/nfs/trusted"), None, (0, 0), gives=True)
"""As tutorials have it: root is root."""
OWNED: Final = Way(
    "owned",
    ServedExport("/nfs/owned", options=_SQUASHING, mode=_ONLY_OWNER, owner=(OWNER.uid, OWNER.gid)),
    OWNER,
    (OWNER.uid, OWNER.gid),
    gives=False,
)
"""As it should be where root is squashed: the controller is the folder's owner."""
SQUASHED: Final = Way(
    "squashed", ServedExport("/nfs/squashed", options=_SQUASHING), None, (ANONYMOUS, ANONYMOUS), gives=False
)
"""Root is nobody, and everybody may write."""
CLOSED: Final = Way(
    "closed",
    ServedExport("/nfs/closed", options=_SQUASHING, mode=_ONLY_OWNER),
    None,
    (ANONYMOUS, ANONYMOUS),
    gives=False,
)
"""Root is nobody, and nobody may write."""
LOCAL: Final = Way(
    "local",
    ServedExport("/nfs/local", FileSystem.XFS, options=_SQUASHING, mode=_ONLY_OWNER),
    None,
    (0, 0),
    gives=True,
    local=True,
)
"""Root is nobody for clients, and the controller is none."""

SIZED_XFS: Final = replace(
    LOCAL, name="sized-xfs", served=replace(LOCAL.served, root="/nfs/sized-xfs"), quota=QuotaKind.PROJECT
)
"""The controller has XFS hold claims to their sizes."""
SIZED_EXT4: Final = replace(
    SIZED_XFS, name="sized-ext4", served=replace(LOCAL.served, root="/nfs/sized-ext4", file_system=FileSystem.EXT4)
)
"""And here ext4."""
SIZED_BTRFS: Final = replace(
    SIZED_XFS,
    name="sized-btrfs",
    served=replace(LOCAL.served, root="/nfs/sized-btrfs", file_system=FileSystem.BTRFS),
    quota=QuotaKind.BTRFS,
    versions=("4.1",),
)
"""And here btrfs, each claim a subvolume, which mountd lets nobody mount over NFSv3."""
UNSIZED: Final = replace(
    SIZED_XFS, name="unsized", served=replace(LOCAL.served, root="/nfs/unsized", file_system=FileSystem.PLAIN)
)
"""And here it would, but for the file system."""

OPEN: Final = (TRUSTED, OWNED, SQUASHED, LOCAL)
"""Those on which directories can be made, with sizes that nothing holds."""
SIZED: Final = (SIZED_XFS, SIZED_EXT4)
"""Those with project quotas."""
ALL: Final = (*OPEN, CLOSED, *SIZED, SIZED_BTRFS, UNSIZED)


def ways(*chosen: Way) -> pytest.MarkDecorator:
    """A test for each of these ways, as `way`."""
    return pytest.mark.parametrize("way", [pytest.param(each, id=each.name) for each in chosen])
