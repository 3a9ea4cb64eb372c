"""The ledger of gids: who gets one, and what becomes of those whose namespaces are gone.

All that wait for a gid get theirs by one write. Each write is decided on one state of the ledger and refused on any
other, so that of a thousand writes for a thousand namespaces most would be in vain.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Final

from controller.decisions import reasons
from controller.decisions.actions import Actions, LookAgain, RecordGids, Tell, TryAgain
from controller.decisions.giving import GidFacts, GidRefused, Giving
from kube.events import ObjectReference
from policy.gids import Holder, Ledger

AT_ONCE: Final = 100
"""How many entries of the ledger one write changes."""

SEEN_SECONDS: Final = 0.1
"""How long a watch usually takes to bring what was written."""


def assign_gid(about: ObjectReference, tenant: Holder, others: Iterable[Holder], facts: GidFacts) -> Actions:
    """Give a living namespace that has no gid yet one of its own, since `about` needs it, or tell why it gets none. The
    same write gives theirs to `others` that wait for one.
    """
    entries, refusals = _give(facts, chain((tenant,), others))
    if tenant in refusals:
        return (_tell_refused(about, tenant, refusals[tenant]), TryAgain(str(refusals[tenant])))
    return (_write(about, entries, facts), LookAgain(SEEN_SECONDS))


def assign_gids(about: ObjectReference, waiting: Mapping[Holder, ObjectReference], facts: GidFacts) -> Actions:
    """Give living namespaces that have no gid yet one each, as many as one write gives; those that get none are told
    why, each on what `waiting` has for it. `about` is the ledger.
    """
    entries, refusals = _give(facts, waiting)
    written = (_write(about, entries, facts),) if entries else ()
    more = (LookAgain(SEEN_SECONDS),) if len(waiting) > len(entries) + len(refusals) else ()
    told = (_tell_refused(waiting[tenant], tenant, refused) for tenant, refused in refusals.items())
    again = (TryAgain(f"{len(refusals)} namespaces get no gid"),) if refusals else ()
    return (*written, *told, *more, *again)


def retire_gids(about: ObjectReference, gone: Collection[Holder], facts: GidFacts) -> Actions:
    """Write down that these holders' namespaces are gone, a part of them at once; `about` is the ledger."""
    entries = sorted((gid, holder) for gid, holder in facts.ledger.holders.items() if holder in gone)
    if not entries:
        return ()
    now = tuple((str(gid), str(replace(holder, gone=facts.today))) for gid, holder in entries[:AT_ONCE])
    more = (LookAgain(SEEN_SECONDS),) if len(entries) > AT_ONCE else ()
    return (_write(about, now, facts), *more)


def written_on(actions: Actions) -> str | None:
    """The version of the ledger that a write among these stands on; None: there is none."""
    return next((action.version for action in actions if isinstance(action, RecordGids)), None)


def tell_damage(about: ObjectReference, ledger: Ledger) -> Iterator[Tell]:
    """What in the ledger cannot be read, told on the ledger itself, in one Event."""
    if not ledger.damage:
        return
    shown = "; ".join(ledger.damage[:5])
    more = f"; and {len(ledger.damage) - 5} more" if len(ledger.damage) > 5 else ""
    message = f"Of the ledger of gids this does not count, and is left as it is: {shown}{more}."
    yield Tell(about, "Warning", reasons.GID_LEDGER_DAMAGED, message)


def _give(
    facts: GidFacts, tenants: Iterable[Holder]
) -> tuple[tuple[tuple[str, str], ...], Mapping[Holder, GidRefused]]:
    """Entries of the ledger for the first of these, as many as one write takes; and why those passed over get none."""
    giving = Giving(facts)
    entries: list[tuple[str, str]] = []
    refusals: dict[Holder, GidRefused] = {}
    for tenant in tenants:
        if len(entries) == AT_ONCE:
            break
        try:
            entries.append(giving.entry(tenant))
        except GidRefused as refused:
            refusals[tenant] = refused
    return tuple(entries), refusals


def _write(about: ObjectReference, entries: tuple[tuple[str, str], ...], facts: GidFacts) -> RecordGids:
    return RecordGids(about, entries, facts.ledger.version)


def _tell_refused(about: ObjectReference, tenant: Holder, refused: GidRefused) -> Tell:
    message = f"Namespace {tenant.namespace} gets no gid of its own: {refused}."
    return Tell(about, "Warning", reasons.GID_NOT_ASSIGNED, message)
