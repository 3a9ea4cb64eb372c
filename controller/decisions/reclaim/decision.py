"""The end of a volume: its data is removed, archived or left where it is, and then the volume itself goes.

Everything is read off the volume, which is enough when its class is gone or the policy has changed since. What cannot
be decided safely is retained, and said.

Two controllers may be at it at the same time, and one of them slow: by then the directory may be a later volume's. So
it is set aside first, then the volume is looked at once more. Only if it is the very one still does its data go; else
what was set aside is put back.
"""

from typing import Final

from controller.decisions.actions import Actions, DeleteVolume, LookAgain, Outcomes, ReleaseVolume, TryAgain
from controller.decisions.patches import finalizers_patch
from controller.decisions.reclaim.plan import Deal, Keep, Leave, Plan, ReclaimFacts, Wait, place_of, plan_for
from controller.decisions.reclaim.wording import (
    tell_blocked,
    tell_dealt_with,
    tell_kept,
    tell_left,
    tell_progress,
    tell_trouble,
)
from controller.decisions.wording import may_still_come
from controller.export.outcomes import Blocked, Disturbed, Unavailable, Underway
from controller.export.requests import ArchiveAside, Archived, PutBack, RemoveAside, SetAside
from controller.observed.records import volume_record
from kube.events import ObjectReference
from policy import keys
from policy.ending import outlives_its_claim
from policy.parameters import OnDelete
from policy.shapes import Json, sequence, text

_SOON: Final = 0.5
_LATER: Final = 2.0
"""Seconds until a removal is looked at again: one that is short, and one that has turned out to be long."""

_SELDOM: Final = 300.0
"""Seconds until a volume that is retained against its own word is looked at again: what is in the way may be gone."""

_SHORT: Final = 1_000
"""Entries removed."""


def decide_reclaim(facts: ReclaimFacts, outcomes: Outcomes) -> Actions:
    """What an export's duty does for a volume that may be at its end, given what it has asked of the export so far.

    Raises `WrongShape`.
    """
    plan = plan_for(facts)
    if facts.now is None or plan is None:
        return _put_back(facts, plan, outcomes)
    match plan:
        case Deal():
            return _deal(facts, facts.now, plan, outcomes)
        case Wait():
            return (LookAgain(_LATER),)
        case Keep():
            return _put_back(facts, plan, outcomes) or _keep(facts.now, plan, outcomes)
        case Leave():
            return _put_back(facts, plan, outcomes) or (*_let_go(facts.now), tell_left(facts.now, plan))


def decide_unserved(volume: Json, why: str) -> Actions:
    """What the cluster's duty does for a volume at its end that lies on no managed export; `why` is a clause."""
    return _keep(volume, Keep(why), {})


def _deal(facts: ReclaimFacts, volume: Json, plan: Deal, outcomes: Outcomes) -> Actions:
    aside = SetAside(plan.segments, _uid(volume))
    match outcomes.get(aside):
        case None:
            return (aside,)
        case Blocked(why):
            return _keep(volume, Keep(why), outcomes)
        case (Disturbed() | Unavailable()) as trouble:
            return _try_again(facts, volume, trouble)
        case _:
            # Even if nothing was there: an earlier life may have got further, and the next request goes on with that.
            return _end(facts, volume, plan, outcomes)


def _end(facts: ReclaimFacts, volume: Json, plan: Deal, outcomes: Outcomes) -> Actions:
    """What follows once the data is set aside."""
    request = RemoveAside(_uid(volume)) if plan.ending.on_delete is OnDelete.DELETE else _archive(volume, plan)
    match outcomes.get(request):
        case None:
            return (request,)
        case Underway(entries):
            return (*tell_progress(volume, entries), LookAgain(_SOON if entries < _SHORT else _LATER))
        case Blocked(why):
            return (tell_blocked(volume, why),)
        case (Disturbed() | Unavailable()) as trouble:
            return _try_again(facts, volume, trouble)
        case _:
            return (*_let_go(volume), *tell_dealt_with(volume, plan.ending.on_delete, tuple(outcomes.values())))


def _put_back(facts: ReclaimFacts, plan: Plan | None, outcomes: Outcomes) -> Actions:
    """Have put back what was set aside now, or by an earlier life where the volume is held and stays; no actions where
    that is done, or nothing to do.
    """
    place = place_of(facts)
    if isinstance(place, Keep):
        return ()
    uid = _uid(facts.first)
    held_before = plan is not None and facts.now is not None and volume_record(facts.now).held
    if not held_before and SetAside(place, uid) not in outcomes:
        return ()
    return give_back(PutBack(place, uid), outcomes)


def give_back(request: PutBack, outcomes: Outcomes) -> Actions:
    """Have something put back, until that has happened or never will; no actions then."""
    outcome = outcomes.get(request)
    if outcome is None:
        return (request,)
    return (TryAgain(f"what was set aside is not back in its place: {outcome}"),) if may_still_come(outcome) else ()


def _keep(volume: Json, plan: Keep, outcomes: Outcomes) -> Actions:
    """Nothing but our finalizer comes off: where the volume is being deleted, or was never to go with its claim."""
    free = volume_record(volume).deleting or outlives_its_claim(volume)
    stuck = next((each for request, each in outcomes.items() if isinstance(request, PutBack)), None)
    set_aside = stuck.why if isinstance(stuck, Blocked) else None
    told = tell_kept(volume, plan, set_aside)
    return (*_release(volume), told) if free else (told, *(() if plan.wanted else (LookAgain(_SELDOM),)))


def _try_again(facts: ReclaimFacts, volume: Json, outcome: Disturbed | Unavailable) -> Actions:
    return (tell_trouble(volume, facts.export, outcome), TryAgain(outcome.why))


def _archive(volume: Json, plan: Deal) -> ArchiveAside:
    claim = volume_record(volume).claim
    return ArchiveAside(
        Archived(
            volume_uid=_uid(volume),
            volume=text(volume, "metadata", "name") or "",
            namespace=claim.namespace if claim else "",
            claim=claim.name if claim else "",
            segments=plan.segments,
            capacity=text(volume, "spec", "capacity", "storage") or "",
            keep_for=plan.ending.archive_for,
        )
    )


def _let_go(volume: Json) -> Actions:
    """Our finalizer comes off first: Kubernetes takes its own off the moment a volume is deleted, and the two would
    collide. A death in between leaves a volume without data, which the next life finds missing, and deletes.
    """
    going = volume_record(volume).deleting
    return (*_release(volume), *(() if going else (DeleteVolume(ObjectReference.of(volume)),)))


def _release(volume: Json) -> Actions:
    finalizers = [str(each) for each in sequence(volume, "metadata", "finalizers")]
    if keys.DATA_FINALIZER not in finalizers:
        return ()
    patch = finalizers_patch(_uid(volume), finalizers, [keys.DATA_FINALIZER])
    return (ReleaseVolume(ObjectReference.of(volume), patch),)


def _uid(volume: Json) -> str:
    return text(volume, "metadata", "uid") or ""
