"""Which gid a namespace is given next.

A gid stands for files that somebody may still own, so it is given again as late as can be: when no fresh one is left,
that of the namespace which has been gone for longest, and never one whose namespace went less than 30 days ago.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from policy.errors import StewardError
from policy.gids import Holder, Ledger
from policy.model import GidRange

REST: Final = timedelta(days=30)
"""How long a gid is nobody's once its namespace is gone; the day on which it went does not count."""


@dataclass(frozen=True, slots=True)
class GidFacts:
    """The ledger as it is now, the range of the policy, None where it has none, and the day (UTC)."""

    ledger: Ledger
    given: GidRange | None
    today: date


class GidRefused(StewardError):
    """A namespace gets no gid as things are; the text is a clause that says why."""


class Giving:
    """Gives one gid after the other, each as if those before were in the ledger already. A namespace that was taken to
    be gone gets back its own.
    """

    def __init__(self, facts: GidFacts) -> None:
        ledger, given = facts.ledger, facts.given
        gids = range(given.from_, given.to + 1) if given else range(0)
        gone = sorted((holder.gone, gid) for gid, holder in ledger.holders.items() if holder.gone)
        self._facts = facts
        self._room = ledger.room
        self._given: set[int] = set()
        self._fresh = (gid for gid in gids if not ledger.is_taken(gid))
        self._rested = (gid for day, gid in gone if gid in gids and facts.today - day > REST)
        self._former: dict[Holder, list[int]] = defaultdict(list)
        for gid in sorted(gid for _, gid in gone):
            self._former[replace(ledger.holders[gid], gone=None)].append(gid)

    def gid(self, tenant: Holder) -> int:
        """The gid that a living namespace without one gets; raises `GidRefused`."""
        own = next((gid for gid in self._former.get(tenant, ()) if gid not in self._given), None)
        gid = self._another(tenant) if own is None else own
        before = self._facts.ledger.holders.get(gid)
        self._room += (before.cost if before else 0) - tenant.cost
        self._given.add(gid)
        return gid

    def entry(self, tenant: Holder) -> tuple[str, str]:
        """The ledger's entry for that; raises `GidRefused`."""
        return str(self.gid(tenant)), str(tenant)

    def _another(self, tenant: Holder) -> int:
        """A gid that is free: a fresh one while there are any, and room for one more entry."""
        given = self._facts.given
        if given is None:
            raise GidRefused("the policy has no gidRange to take one from")
        has_room = self._room >= tenant.cost
        found = next(self._fresh, None) if has_room else None
        if found is None:
            found = next((gid for gid in self._rested if gid not in self._given), None)
        if found is not None:
            return found
        full = "the ledger of gids is as large as it can be"
        if has_room:
            full = f"every gid of gidRange ({given}) is given"
        raise GidRefused(f"{full}, and no namespace that had one has been gone for more than {REST.days} days")
