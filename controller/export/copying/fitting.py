"""Whether a copy is within the size of the claim that it is for. What limits a directory holds up whoever writes more;
what is in it already when the limit is set stays.
"""

from typing import Final

from controller.export.limits.kinds import Limiting
from controller.export.limits.tools import ToolFailed
from controller.export.requests import Limit
from controller.export.visit import PlaceRefused, Visit
from policy.parameters import QuotaKind
from policy.usage import size_text

_RECORDS: Final = 16
"""One part in so many, and a mebibyte: what a btrfs may take for its own records of a subvolume, which it counts."""
_MEBIBYTE: Final = 1 << 20


def check_fits(visit: Visit, tree: int, limit: Limit, copied: int, limiting: Limiting) -> None:
    """Raises `PlaceRefused` where an open, listable `tree`, all of it on disk, holds more than its limit; `copied` are
    the bytes of its files. A source may hold more than it has asked for, if nothing limits it; and what tenants move
    ahead of the copy, time and again, is in it several times.
    """
    used, room = copied, limit.bytes
    if limit.quota is QuotaKind.BTRFS:
        used, room = _referenced(visit, tree, limiting), room + room // _RECORDS + _MEBIBYTE
    if used > room:
        raise PlaceRefused(
            f"the copy came to {size_text(used)}, and this claim takes no more than {size_text(limit.bytes)}; let it "
            "ask for more, or have less in its source (what is moved there meanwhile may be copied more than once)"
        )


def _referenced(visit: Visit, tree: int, limiting: Limiting) -> int:
    """Compressed data counts as it is on disk: its files would have too many bytes. 0 where btrfs has lost count."""
    try:
        return limiting.subvolumes.used(visit.root).get(limiting.subvolumes.number_of(tree), 0)
    except ToolFailed:
        return 0
