"""Claims that name another claim as their data source: which directory theirs is to be a copy of, or why none.

Nothing but a claim of ours on the same export can be copied. Whatever else is asked for is refused: a volume without
the data that its author expects in it would be worse than none.
https://kubernetes.io/docs/concepts/storage/volume-pvc-datasource/
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from controller.decisions import reasons
from controller.decisions.actions import Actions, LookAgain, Tell, TryAgain
from controller.export.outcomes import Blocked, Disturbed, Finished, Outcome, Unavailable, Underway
from kube.events import ObjectReference
from policy import keys
from policy.datasources import CLAIM, SourceName
from policy.errors import StewardError
from policy.exports import ManagedExports, Segments
from policy.model import Export
from policy.quantity import parse_quantity
from policy.shapes import Json, annotations, mapping, sequence, text
from policy.volumes import nfs_source, place_of

_SOON: Final = 10.0
_WHILE_YOUNG, _YOUNG = 1.0, 1000
_LATER: Final = 5.0
"""Seconds after which to look again for a source that may come, and how far a copy is while it has few entries."""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """The claim to copy from and its volume, as they are now; None where there is none. `grants` are the
    ReferenceGrants of its namespace where that is another, None where the API has no such kind.
    """

    name: SourceName
    claim: Json | None
    volume: Json | None
    grants: Sequence[Json] | None


class NotCloned(StewardError):
    """The claim gets no copy as things are; the text is a clause that says why."""


class SourceNotReady(NotCloned):
    """There may be something to copy later."""


def source_segments(claim: Json, source: SourceFacts, export: Export, exports: ManagedExports) -> Segments:
    """The directory that a claim on `export` is to be a copy of; raises `NotCloned`, and `SourceNotReady` where there
    may be one later.
    """
    _check_grant(claim, source)
    found, what = source.claim, f"claim {source.name} to copy from"
    if found is None:
        raise SourceNotReady(f"{what} does not exist (yet)")
    if text(found, "metadata", "uid") == text(claim, "metadata", "uid"):
        raise NotCloned("it names itself as its data source")
    if text(found, "metadata", "deletionTimestamp"):
        raise NotCloned(f"{what} is being deleted")
    volume = _volume_of(found, source.volume, what)
    location = place_of(nfs_source(mapping(volume, "spec")), exports)
    if annotations(volume).get(keys.PROVISIONED_BY) != keys.PROVISIONER or not location or not location.segments:
        raise NotCloned(f"the volume of {what} was not made by nfs-steward on one of its exports")
    if location.export.name != export.name:
        raise NotCloned(f"{what} lies on export {location.export.name}, and its own class is of export {export.name}")
    _check_size(claim, found, what)
    return location.segments


def tell_copy(about: ObjectReference, source: SourceName, outcome: Outcome) -> Actions:
    """What is told and done while there is no complete copy, or can be none."""
    match outcome:
        case Underway(entries):
            message = f"The data of claim {source} is being copied: {entries} entries so far."
            after = _WHILE_YOUNG if entries < _YOUNG else _LATER
            return (Tell(about, "Normal", reasons.COPY_UNDERWAY, message, progress=True), LookAgain(after))
        case Blocked(why):
            message = f"No volume is made for this claim: the data of claim {source} cannot be copied: {why}."
            return (Tell(about, "Warning", reasons.PROVISIONING_FAILED, message),)
        case Disturbed(why=why) | Unavailable(why=why):
            message = f"The data of claim {source} cannot be copied now: {why}. It is tried again."
            return (Tell(about, "Warning", reasons.EXPORT_UNAVAILABLE, message), TryAgain(f"copy of {source}"))
        case _:
            return (TryAgain(f"copy of {source}: {outcome}"),)


def tell_copied(about: ObjectReference, source: SourceName, outcome: Finished) -> tuple[Tell, ...]:
    """What the author of the claim should know of the copy."""
    copied = Tell(about, "Normal", reasons.DATA_COPIED, f"Copied the data of claim {source}.")
    if not outcome.shortfalls:
        return (copied,)
    message = f"The copy of the data of claim {source} differs from it: {'; '.join(outcome.shortfalls)}."
    return (copied, Tell(about, "Warning", reasons.COPY_INCOMPLETE, message))


def wait_for_source(about: ObjectReference, waiting: SourceNotReady) -> Actions:
    """What is done for a claim whose source may come."""
    message = f"No volume is made for this claim yet: {waiting}. It is tried again."
    return (Tell(about, "Warning", reasons.PROVISIONING_FAILED, message), LookAgain(_SOON))


def _check_grant(claim: Json, source: SourceFacts) -> None:
    """https://kubernetes.io/docs/concepts/storage/persistent-volumes/#cross-namespace-data-sources"""
    own = text(claim, "metadata", "namespace") or ""
    if source.name.namespace == own:
        return
    elsewhere = f"claim {source.name} to copy from is in another namespace, and"
    if source.grants is None:
        raise SourceNotReady(
            f"{elsewhere} nothing can allow that: this cluster has no ReferenceGrants (they come with the Gateway API)"
        )
    if not any(_grants(grant, own, source.name.name) for grant in source.grants):
        raise SourceNotReady(f"{elsewhere} no ReferenceGrant there lets claims of namespace {own} refer to it")


def _grants(grant: Json, namespace: str, name: str) -> bool:
    given = any(
        (each.get("group"), each.get("kind"), each.get("namespace")) == (*CLAIM, namespace)
        for each in sequence(grant, "spec", "from")
    )
    return given and any(
        (each.get("group"), each.get("kind")) == CLAIM and each.get("name") in (None, "", name)
        for each in sequence(grant, "spec", "to")
    )


def _volume_of(source: Json, volume: Json | None, what: str) -> Json:
    phase = text(source, "status", "phase")
    if phase == "Lost":
        raise NotCloned(f"{what} has lost its volume")
    bound = volume is not None and text(volume, "spec", "claimRef", "uid") == text(source, "metadata", "uid")
    if phase != "Bound" or volume is None or not bound:
        raise SourceNotReady(f"{what} is not bound yet")
    return volume


def _check_size(claim: Json, source: Json, what: str) -> None:
    asked = text(claim, "spec", "resources", "requests", "storage") or ""
    has = text(source, "status", "capacity", "storage") or ""
    if parse_quantity(asked) < parse_quantity(has):
        raise NotCloned(f"it asks for {asked}, less than the {has} of {what}")
