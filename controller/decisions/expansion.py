"""A bound claim that asks for more than it has: first its limit grows, where the file system keeps one, then its
volume, then the claim says so.

Whoever dies in between leaves a limit and a volume that are large enough already, and the next look does what is still
missing. From Kubernetes 1.34 on a request
may be lowered again, to anything above the claim's capacity: a volume that has grown meanwhile stays as it is, and the
claim says its true size. https://kubernetes.io/docs/concepts/storage/persistent-volumes/#recovering-from-failure-when-expanding-volumes
"""

from dataclasses import dataclass

from controller.decisions import reasons
from controller.decisions.actions import Action, Actions, GrowClaim, GrowVolume, Outcomes, Tell, TryAgain
from controller.decisions.growing import claim_size_patch, volume_size_patch
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


@dataclass(frozen=True, slots=True)
class ExpansionFacts:
    """What is known beside the claim: the export and where on it the directory is, the volume as it is now, and the
    class, None where it is gone.
    """

    export: Export
    segments: Segments
    volume: Json
    storage_class: Json | None


class NotExpanded(StewardError):
    """A claim does not grow as things are; the text is a clause that says why."""


def decide_expansion(claim: Json, facts: ExpansionFacts, outcomes: Outcomes) -> Actions:
    """What the export's duty does for a claim that may ask for more than it has, given what it has asked of the export
    so far.
    """
    if not _belong_together(claim, facts.volume):
        return ()
    try:
        return _expand(claim, facts, outcomes)
    except StewardError as error:
        message = f"This claim does not grow: {error}."
        return (Tell(ObjectReference.of(claim), "Warning", reasons.EXPANSION_FAILED, message),)


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
    if grows:
        _check_class(claim, facts.storage_class)
    size = asked if grows else has
    about, quota = ObjectReference.of(claim), held_by(facts.volume)
    limit = limit_of(claim, quota, size)
    first = _raise_limit(about, LimitDirectory(facts.segments, limit), outcomes) if limit else ()
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


def _raise_limit(about: ObjectReference, request: LimitDirectory, outcomes: Outcomes) -> Actions:
    """What is done before the limit is as it should be; no actions once it is. Raises `NotExpanded`."""
    match outcomes.get(request):
        case None:
            return (request,)
        case Blocked(why):
            raise NotExpanded(f"its limit cannot be raised: {why}")
        case Missing():
            raise NotExpanded("its directory is gone, and the limit with it")
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
