"""A bound claim that asks for more than it has: first that much is allocated to it, then its limit grows, where the
file system keeps one, then its volume, then the claim says so.

Quotas count what is asked for or what is allocated, whichever is more, so that they count at every moment what limit
and volume have: from Kubernetes 1.34 on a request may be lowered again, to anything above the claim's capacity. A
volume that has grown meanwhile stays as it is, and the claim says its true size; one that has not yet grows to what is
asked for now, and what was allocated beyond that is given back at the end. Whoever dies in between leaves the steps
that are done, and the next look does those that are missing. https://kubernetes.io/docs/concepts/storage/persistent-volumes/#recovering-from-failure-when-expanding-volumes
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from controller.decisions import reasons
from controller.decisions.actions import (
    Action,
    Actions,
    AllocateClaim,
    GrowClaim,
    GrowVolume,
    LookAgain,
    Outcomes,
    Tell,
    TryAgain,
)
from controller.decisions.growing import (
    allocation_patch,
    claim_size_patch,
    giving_up_patch,
    is_allocated,
    is_given_up,
    keeps_no_allocation,
    volume_size_patch,
)
from controller.decisions.holding import held_by, limit_of
from controller.export.outcomes import Blocked, Disturbed, Missing, Unavailable
from controller.export.requests import LimitDirectory
from controller.observed.records import class_of_claim
from kube.events import ObjectReference
from policy import keys
from policy.errors import StewardError, shorten
from policy.exports import Segments
from policy.model import Export
from policy.parameters import QuotaKind
from policy.quantity import parse_quantity
from policy.shapes import Json, annotations, text

_SOON: Final = 1.0
"""Seconds after which a claim is looked at again at the latest; as a rule the watch is faster."""


@dataclass(frozen=True, slots=True)
class ExpansionFacts:
    """What is known beside the claim: the export and where on it the directory is, the volume as it is now, the class,
    None where it is gone, and the time.
    """

    export: Export
    segments: Segments
    volume: Json
    storage_class: Json | None
    now: datetime


class NotExpanded(StewardError):
    """A claim does not grow as things are; the text is a clause that says why."""


class LimitStays(NotExpanded):
    """A claim does not grow, though it may: its limit does not."""


def decide_expansion(claim: Json, facts: ExpansionFacts, outcomes: Outcomes) -> Actions:
    """What the export's duty does for a claim that may ask for more than it has, given what it has asked of the export
    so far.
    """
    if not _belong_together(claim, facts.volume):
        return ()
    try:
        return _expand(claim, facts, outcomes)
    except LimitStays as error:
        return (_tell_refusal(claim, error), *_give_up(claim, facts, error))
    except StewardError as error:
        return (_tell_refusal(claim, error),)


def _belong_together(claim: Json, volume: Json) -> bool:
    """Whether the claim is bound to the volume, one of ours, and neither is going."""
    return (
        text(claim, "status", "phase") == "Bound"
        and text(claim, "spec", "volumeName") == text(volume, "metadata", "name")
        and text(claim, "metadata", "uid") == text(volume, "spec", "claimRef", "uid")
        and annotations(volume).get(keys.PROVISIONED_BY) == keys.PROVISIONER
        and not any(text(each, "metadata", "deletionTimestamp") for each in (claim, volume))
    )


def _expand(claim: Json, facts: ExpansionFacts, outcomes: Outcomes) -> Actions:
    """Raises `StewardError` for whatever cannot be: a clause for the claim's author."""
    asked = text(claim, "spec", "resources", "requests", "storage") or ""
    said = text(claim, "status", "capacity", "storage") or ""
    has = text(facts.volume, "spec", "capacity", "storage") or ""
    if parse_quantity(asked) <= parse_quantity(said):
        return ()
    grows = parse_quantity(asked) > parse_quantity(has)
    size = asked if grows else has
    about, quota = ObjectReference.of(claim), held_by(facts.volume)
    limit = limit_of(claim, quota, size)
    first = _allocate(claim, facts, asked) if grows else ()
    if limit and not first:
        first = _raise_limit(about, LimitDirectory(facts.segments, limit), outcomes)
    if first:
        return first
    volume: tuple[Action, ...] = (
        (GrowVolume(ObjectReference.of(facts.volume), volume_size_patch(facts.volume, size), about),) if grows else ()
    )
    message = f"Expanded from {said} to {size}{_lowered(asked, size)}. {_meaning(facts.export, quota)}"
    return (
        *volume,
        GrowClaim(about, claim_size_patch(claim, size)),
        Tell(about, "Normal", reasons.VOLUME_EXPANDED, message),
    )


def _allocate(claim: Json, facts: ExpansionFacts, asked: str) -> Actions:
    """What is done before quotas count what is asked for, whatever is asked for later; no actions once they do, or
    where the API server has no place for that. The class is asked until then: what has begun is finished. Raises
    `NotExpanded`.
    """
    if is_allocated(claim, asked):
        return ()
    _check_class(claim, facts.storage_class)
    if keeps_no_allocation(claim):
        return ()
    return (AllocateClaim(ObjectReference.of(claim), allocation_patch(claim, asked, facts.now)), LookAgain(_SOON))


def _give_up(claim: Json, facts: ExpansionFacts, error: LimitStays) -> Actions:
    """Have a claim whose volume has not grown say that it cannot, once for each size that it asks for."""
    asked = text(claim, "spec", "resources", "requests", "storage") or ""
    has = text(facts.volume, "spec", "capacity", "storage") or ""
    if parse_quantity(asked) <= parse_quantity(has) or is_given_up(claim, asked):
        return ()
    return (AllocateClaim(ObjectReference.of(claim), giving_up_patch(claim, asked, str(error), facts.now)),)


def _tell_refusal(claim: Json, error: StewardError) -> Tell:
    message = f"This claim does not grow: {error}."
    return Tell(ObjectReference.of(claim), "Warning", reasons.EXPANSION_FAILED, message)


def _raise_limit(about: ObjectReference, request: LimitDirectory, outcomes: Outcomes) -> Actions:
    """What is done before the limit is as it should be; no actions once it is. Raises `LimitStays`."""
    match outcomes.get(request):
        case None:
            return (request,)
        case Blocked(why):
            raise LimitStays(f"its limit cannot be raised: {why}")
        case Missing():
            raise LimitStays("its directory is gone, and the limit with it")
        case Disturbed(why=why) | Unavailable(why=why):
            message = f"The limit of this claim cannot be raised now: {why}. It is tried again."
            return (Tell(about, "Warning", reasons.EXPORT_UNAVAILABLE, message), TryAgain(why))
        case _:
            return ()


def _meaning(export: Export, quota: QuotaKind) -> str:
    """What the new size is worth."""
    if quota is QuotaKind.NONE:
        return (
            f"The size is not enforced on export {export.name} (quota: none): it stands in the volume and in the "
            f"claim, and counts for quotas."
        )
    return f"The file system of export {export.name} has a limit there (quota: {quota})."


def _check_class(claim: Json, storage_class: Json | None) -> None:
    """The API server lets nobody ask where the class says no; it may have changed since. Raises `NotExpanded`."""
    name = shorten(class_of_claim(claim) or "")
    if storage_class is None:
        raise NotExpanded(f"its StorageClass {name} is gone, which alone could say whether that is allowed")
    if storage_class.get("allowVolumeExpansion") is not True:
        raise NotExpanded(f"its StorageClass {name} does not allow it (any more): allowVolumeExpansion is not true")


def _lowered(asked: str, size: str) -> str:
    """What to add where the volume is larger than what is asked for."""
    if parse_quantity(asked) == parse_quantity(size):
        return ""
    return f", which the volume had already when the request was lowered to {asked}: volumes do not shrink"
