"""What the rest of the controller can ask of an export: a closed vocabulary of values, each answered by an outcome.

All may be asked again at any time, also by another process after the death of this one, and come to the same end. The
places that they name below the export's root are of two kinds: `segments`, where a volume's data lies, and places of
our own in `.nfs-steward`, which are known by the uid of the volume that they are about.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from policy.exports import Segments
from policy.ownership import Ownership
from policy.parameters import QuotaKind


@dataclass(frozen=True, slots=True)
class Limit:
    """How much a directory may take, in `bytes`, as its file system keeps it, and for whom: `holder` is the uid of the
    claim.
    """

    quota: QuotaKind
    bytes: int
    holder: str


@dataclass(frozen=True, slots=True)
class MakeDirectory:
    """Have the directory at `segments`, and what is missing on the way, or find it there. With a `limit` it is only
    made, or found, once it has that. `change_existing`: one that is found gets mode and owner, too, but neither what is
    in it nor what is on the way.
    """

    segments: Segments
    wish: Ownership
    limit: Limit | None = None
    change_existing: bool = False


@dataclass(frozen=True, slots=True)
class LimitDirectory:
    """Have the directory at `segments`, which has a limit, take no more than this one."""

    segments: Segments
    limit: Limit


@dataclass(frozen=True, slots=True)
class SetAside:
    """Move a volume's directory to where nobody mounts it. Whoever asks looks at the volume once more afterwards:
    where somebody else has dealt with it meanwhile, what was moved may be a later volume's, and is put back.
    """

    segments: Segments
    volume_uid: str


@dataclass(frozen=True, slots=True)
class PutBack:
    """Move what was set aside back to where it was, unless something is there again: an empty directory may give way,
    if it is not to be kept (`over_empty`).
    """

    segments: Segments
    volume_uid: str
    over_empty: bool = True


@dataclass(frozen=True, slots=True)
class RemoveAside:
    """Remove, in the background, what was set aside: from the first such request on there is no way back."""

    volume_uid: str


@dataclass(frozen=True, slots=True)
class Archived:
    """What an archive tells of the volume that it was. `capacity` is a quantity, such as `1Gi`; `keep_for` None: for
    ever.
    """

    volume_uid: str
    volume: str
    namespace: str
    claim: str
    segments: Segments
    capacity: str
    keep_for: timedelta | None


@dataclass(frozen=True, slots=True)
class ArchiveAside:
    """Make an archive of what was set aside."""

    archived: Archived


@dataclass(frozen=True, slots=True)
class CopyDirectory:
    """Fill a new directory at `segments` with a copy of all that is in the one at `source`, in the background. It
    appears there when the copy is complete, and has the `limit`. `volume_uid` is that of the claim it is for: there is
    no volume yet.
    """

    source: Segments
    segments: Segments
    volume_uid: str
    wish: Ownership
    limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class KeepHouse:
    """Remove the archives whose time is over, go on removing what an earlier process has begun to remove, and see what
    lies aside.
    """


@dataclass(frozen=True, slots=True)
class Measure:
    """Tell what the directory at `segments` holds, as last measured, and have it measured again now and then for as
    long as somebody asks. `volume` is the volume's name, by which the export tells of new figures.
    """

    volume: str
    volume_uid: str
    segments: Segments


Request: TypeAlias = (
    MakeDirectory
    | LimitDirectory
    | SetAside
    | PutBack
    | RemoveAside
    | ArchiveAside
    | CopyDirectory
    | KeepHouse
    | Measure
)
