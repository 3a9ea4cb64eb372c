"""Whether a copy is within the size of the claim that it is for. What limits a directory holds up whoever writes more;
what is in it already when the limit is set stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from controller.export.copying.calls import CopyCalls
from controller.export.copying.marks import Tally
from controller.export.limits.kinds import Limiting
from controller.export.limits.tools import ToolFailed
from controller.export.requests import Limit
from controller.export.visit import PlaceRefused, Visit
from policy.parameters import QuotaKind
from policy.usage import size_text

_RECORDS: Final = 16
"""One part in so many, and a mebibyte: what a btrfs may take for its own records of a subvolume, which it counts."""
_MEBIBYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Fitting:
    """What a copy into an open, listable `tree` of ours may take. A source may hold more than it has asked for, if
    nothing limits it; and what tenants move ahead of the copy, time and again, is in it several times.
    """

    visit: Visit
    tree: int
    limit: Limit
    limiting: Limiting
    calls: CopyCalls

    def while_it_fits(self, steps: Iterator[int], tally: Tally) -> Iterator[int]:
        """Copy, and look as often as the limit's bytes have been copied: no copy is to fill the export before it is
        refused. Raises as `check`.
        """
        looked_at = 0
        for entries in steps:
            if tally.bytes - looked_at > self.limit.bytes:
                self.calls.sync_all(self.tree)
                self.check(tally)
                looked_at = tally.bytes
            yield entries

    def check(self, tally: Tally) -> None:
        """Raises `PlaceRefused` where the tree, all of it on disk, holds more than its limit."""
        used, room = tally.bytes, self.limit.bytes
        if self.limit.quota is QuotaKind.BTRFS:
            used, room = self._referenced(tally.bytes), room + room // _RECORDS + _MEBIBYTE
        if used > room:
            raise PlaceRefused(
                f"the copy came to {size_text(used)}, and this claim takes no more than {size_text(self.limit.bytes)}; "
                "let it ask for more, or have less in its source (what is moved there meanwhile may be copied more "
                "than once)"
            )

    def _referenced(self, written: int) -> int:
        """Compressed data counts as it is on disk: its files have too many bytes, but where btrfs has lost count there
        is no other figure.
        """
        subvolumes = self.limiting.subvolumes
        try:
            return subvolumes.used(self.visit.root).get(subvolumes.number_of(self.tree), written)
        except ToolFailed:
            return written
