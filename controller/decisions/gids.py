"""A gid for each namespace: which one is given next, and what becomes of those whose namespaces are gone.

A gid stands for files that somebody may still own, so it is given again as late as can be: when no fresh one is left,
that of the namespace which has been gone for longest, and never one whose namespace went less than 30 days ago.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from controller.decisions import reasons
from controller.decisions.actions import Actions, LookAgain, RecordGids, Tell, TryAgain
from kube.events import ObjectReference
from policy.errors import StewardError
from policy.gids import Holder, Ledger
from policy.model import GidRange

REST: Final = timedelta(days=30)
"""How long a gid is nobody's once its namespace is gone; the day on which it went does not count."""

AT_ONCE: Final = 100
"""How many namespaces one write marks as gone."""


@dataclass(frozen=True, slots=True)
class GidFacts:
    """The ledger as it is now, the range of the policy, None where it has none, and the day (UTC)."""

    ledger: Ledger
    given: GidRange | None
    today: date


class GidRefused(StewardError):
    """A namespace gets no gid as things are; the text is a clause that says why."""


def assign_gid(about: ObjectReference, tenant: Holder, facts: GidFacts) -> Actions:
    """Give a living namespace that has no gid yet one of its own, or tell why it gets none. `about` needs it."""
    try:
        gid = next_gid(tenant, facts)
    except GidRefused as refused:
        message = f"Namespace {tenant.namespace} gets no gid of its own: {refused}."
        return (Tell(about, "Warning", reasons.GID_NOT_ASSIGNED, message), TryAgain(str(refused)))
    return (RecordGids(about, ((str(gid), str(tenant)),), facts.ledger.version), LookAgain(0.0))


def next_gid(tenant: Holder, facts: GidFacts) -> int:
    """The gid that a living namespace gets; raises `GidRefused`. One that was taken to be gone gets back its own."""
    ledger, given = facts.ledger, facts.given
    former = [gid for gid, holder in ledger.holders.items() if replace(holder, gone=None) == tenant]
    if former:
        return min(former)
    if given is None:
        raise GidRefused("the policy has no gidRange to take one from")
    gids = range(given.from_, given.to + 1)
    room = ledger.has_room_for(tenant)
    fresh = next((gid for gid in gids if not ledger.is_taken(gid)), None) if room else None
    if fresh is not None:
        return fresh
    gone = ((holder.gone, gid) for gid, holder in ledger.holders.items() if holder.gone and gid in gids)
    longest = min(gone, default=None)
    if longest is None or facts.today - longest[0] <= REST:
        full = f"every gid of gidRange ({given}) is given" if room else "the ledger of gids is as large as it can be"
        raise GidRefused(f"{full}, and no namespace that had one has been gone for more than {REST.days} days")
    return longest[1]


def retire_gids(about: ObjectReference, gone: Collection[Holder], facts: GidFacts) -> Actions:
    """Write down that these holders' namespaces are gone, a part of them at once; `about` is the ledger."""
    entries = sorted((gid, holder) for gid, holder in facts.ledger.holders.items() if holder in gone)
    if not entries:
        return ()
    now = tuple((str(gid), str(replace(holder, gone=facts.today))) for gid, holder in entries[:AT_ONCE])
    more = (LookAgain(0.0),) if len(entries) > AT_ONCE else ()
    return (RecordGids(about, now, facts.ledger.version), *more)


def tell_damage(about: ObjectReference, ledger: Ledger) -> Iterator[Tell]:
    """What in the ledger cannot be read, told on the ledger itself, in one Event."""
    if not ledger.damage:
        return
    shown = "; ".join(ledger.damage[:5])
    more = f"; and {len(ledger.damage) - 5} more" if len(ledger.damage) > 5 else ""
    message = f"Of the ledger of gids this does not count, and is left as it is: {shown}{more}."
    yield Tell(about, "Warning", reasons.GID_LEDGER_DAMAGED, message)
