"""What administrators are told about volumes at their end: in Events on the volume, since its claim is gone."""

from typing import Final

from controller.decisions import reasons
from controller.decisions.actions import Tell
from controller.decisions.reclaim.plan import Keep, Leave
from controller.export.outcomes import Disturbed, Finished, Missing, Outcome, Unavailable
from kube.events import ObjectReference
from policy.model import Export
from policy.parameters import OnDelete
from policy.shapes import Json, mapping, text
from policy.volumes import nfs_source

_BIG: Final = 10_000
"""Entries removed after which somebody may wonder how long it takes."""


def tell_kept(volume: Json, plan: Keep, set_aside: str | None) -> Tell:
    """That the data stays, and why. `set_aside`: why it could not be put back where it was."""
    what = f"The data of this volume stays at {_place(volume)}: {plan.why}."
    if set_aside:
        aside = f".nfs-steward/aside/{text(volume, 'metadata', 'uid')}"
        what = f"The data of this volume stays, but in {aside}, where it was set aside, since {set_aside}: {plan.why}."
    if text(volume, "metadata", "deletionTimestamp"):
        what += " The volume was deleted, and goes without it."
    elif not plan.wanted:
        what += " The volume stays, too, until that has changed, or somebody deletes it."
    return Tell(ObjectReference.of(volume), "Normal" if plan.wanted else "Warning", reasons.DATA_RETAINED, what)


def tell_left(volume: Json, plan: Leave) -> Tell:
    """That other volumes have the data now."""
    message = f"This volume goes; its data at {_place(volume)} stays, since volume {plan.to} uses it, too."
    return Tell(ObjectReference.of(volume), "Normal", reasons.DATA_RETAINED, message)


def tell_progress(volume: Json, entries: int) -> tuple[Tell, ...]:
    """How far a long removal is; nothing for a short one."""
    if entries < _BIG:
        return ()
    message = f"Removing what was at {_place(volume)}: {entries} entries so far. The volume goes when that is done."
    return (Tell(ObjectReference.of(volume), "Normal", reasons.REMOVAL_UNDERWAY, message, progress=True),)


def tell_blocked(volume: Json, why: str) -> Tell:
    """That it cannot be gone on with as things are."""
    message = f"What is to become of the data of this volume cannot be brought to its end: {why}."
    return Tell(ObjectReference.of(volume), "Warning", reasons.RECLAIM_FAILED, message)


def tell_trouble(volume: Json, export: Export, outcome: Disturbed | Unavailable) -> Tell:
    """That it cannot be done now."""
    why = outcome.why
    if isinstance(outcome, Unavailable):
        why = f"export {export.name} is {outcome.state} ({why})"
    message = f"The data of this volume cannot be dealt with now: {why}. It is tried again."
    return Tell(ObjectReference.of(volume), "Warning", reasons.EXPORT_UNAVAILABLE, message)


def tell_dealt_with(volume: Json, on_delete: OnDelete, outcomes: tuple[Outcome, ...]) -> tuple[Tell, ...]:
    """What has become of the data, by the outcomes of all that was asked of its export, in order."""
    about, place = ObjectReference.of(volume), _place(volume)
    if all(isinstance(outcome, Missing) for outcome in outcomes):
        message = f"This volume goes, and there is nothing left of it: no directory {place}."
        return (Tell(about, "Normal", reasons.DATA_MISSING, message),)
    last = outcomes[-1]
    shortfalls = last.shortfalls if isinstance(last, Finished) else ()
    return (
        _tell_archived(about, place) if on_delete is OnDelete.ARCHIVE else _tell_removed(about, place, last),
        *(Tell(about, "Warning", reasons.RECLAIM_INCOMPLETE, f"{place}: {each}.") for each in shortfalls),
    )


def _tell_archived(about: ObjectReference, place: str) -> Tell:
    message = f"Archived what was at {place}: see nfs-steward archive list. The volume goes."
    return Tell(about, "Normal", reasons.DATA_ARCHIVED, message)


def _tell_removed(about: ObjectReference, place: str, outcome: Outcome) -> Tell:
    count = f", {outcome.entries} entries" if isinstance(outcome, Finished) else ""
    return Tell(about, "Normal", reasons.DATA_REMOVED, f"Removed what was at {place}{count}. The volume goes.")


def _place(volume: Json) -> str:
    source = nfs_source(mapping(volume, "spec"))
    return f"{source.server}:{source.path}" if source else "a place that is not NFS"
