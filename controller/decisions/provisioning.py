"""A volume for a claim of one of our StorageClasses: its directory first, then the volume.

The claim itself is never touched: the binder finds the volume by its `claimRef`. Setting the claim's `volumeName`
early makes claims `Lost`, since the binder may not have seen the volume yet.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from controller.decisions import reasons
from controller.decisions.actions import Actions, CreateVolume, Outcomes, Tell, TryAgain
from controller.decisions.cloning import (
    SourceFacts,
    SourceNotReady,
    source_segments,
    tell_copied,
    tell_copy,
    wait_for_source,
)
from controller.decisions.facts import ExportFacts
from controller.decisions.holding import limit_of
from controller.decisions.newvolume import Plan, new_volume, volume_name
from controller.decisions.wording import Wanted, may_still_come, tell_outcome
from controller.export.outcomes import Existed, Finished, Made, Outcome
from controller.export.requests import CopyDirectory, Limit, MakeDirectory
from controller.observed.records import VolumeRecord, asked_provisioner
from kube.events import ObjectReference
from policy import keys
from policy.claims import why_not_provisioned
from policy.datasources import source_name
from policy.ending import Ending, describe_ending
from policy.errors import GidUnknown, StewardError
from policy.exports import Segments, directory_path
from policy.mountoptions import EffectiveOptions, effective_options, merge, parse_options
from policy.ownership import Ownership, resolve
from policy.parameters import ClassParameters, Existing, QuotaKind, read_parameters
from policy.shapes import Json, annotations, sequence, text

_GONE: Final = "The claim is gone before it had a volume"
_SERVED: Final = "The claim has another volume by now"
_MOVED: Final = "What the directory is named after has changed while it was made"


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What is known beside the claim: its class, the volume that has the name of the claim's, if any, what it is to
    be a copy of, where it says so, and whether there are `unclaimed` volumes that it may get.
    """

    on_export: ExportFacts
    storage_class: Json
    volume: VolumeRecord | None
    source: SourceFacts | None = None
    unclaimed: bool = False


class NotProvisioned(StewardError):
    """A claim gets no volume as things are; the text is a clause that says why."""


class PlaceTaken(NotProvisioned):
    """Another volume is in the way, which may go some day: `conflict` is the clause that says which."""

    def __init__(self, path: str, conflict: str) -> None:
        super().__init__(f"its directory would be {path}, but {conflict}")


def waits_for_us(claim: Json, storage_class: Json, provisioners: Collection[str], *, unclaimed: bool = False) -> bool:
    """Whether it is our turn: the binder has asked one of ours, or is sure to, and the scheduler has chosen a node
    where it must.

    Asking costs the binder two of its writes (an annotation and an Event), of which it has 20 a second for everything
    that is bound in the cluster. A claim whose volume it finds at once costs it three in all instead of five. It comes
    first only where there are `unclaimed` volumes that it may give the claim.
    """
    if text(claim, "spec", "volumeName") or text(claim, "metadata", "deletionTimestamp"):
        return False
    if text(storage_class, "provisioner") not in provisioners:
        return False
    waits_for_node = text(storage_class, "volumeBindingMode") == "WaitForFirstConsumer"
    asked = asked_provisioner(claim)
    if not asked:
        return not unclaimed and not waits_for_node
    return asked in provisioners and (not waits_for_node or keys.SELECTED_NODE in annotations(claim))


def decide_claim(claim: Json, facts: ClaimFacts, outcomes: Outcomes) -> Actions:
    """What the export's duty does for a claim of its own class, given what it has asked of the export so far.

    Raises `GidUnknown` where the namespace has to be given a gid first.
    """
    about = ObjectReference.of(claim)
    uid = text(claim, "metadata", "uid") or ""
    provisioners = facts.on_export.rules.policy.provisioners
    if _is_done(facts.volume, uid):
        return ()
    if not waits_for_us(claim, facts.storage_class, provisioners, unclaimed=facts.unclaimed):
        why = _why_needless(claim)
        return tell_left_behind(about, facts.on_export, outcomes, why) if why else ()
    try:
        return _provision(claim, facts, outcomes)
    except GidUnknown:
        raise
    except PlaceTaken as taken:
        return refuse_for_now(about, taken)
    except SourceNotReady as waiting:
        return wait_for_source(about, waiting)
    except StewardError as error:
        return (tell_failed(about, str(error)),)


def refuse_for_now(about: ObjectReference, taken: PlaceTaken) -> Actions:
    """What is done for a claim whose place another volume has: soon again, since that may be on its way out, and then
    ever more seldom.
    """
    return (tell_failed(about, str(taken)), TryAgain(str(taken)))


def tell_failed(about: ObjectReference, why: str) -> Tell:
    """That a claim gets no volume, and why: `why` is a clause."""
    return Tell(about, "Warning", reasons.PROVISIONING_FAILED, f"No volume is made for this claim: {why}.")


def tell_left_behind(about: ObjectReference, facts: ExportFacts, outcomes: Outcomes, why: str = _GONE) -> Actions:
    """That the claim was deleted (or `why` else it gets none) while its volume was being made, and what stays of it."""
    copied = any(isinstance(request, CopyDirectory) for request in outcomes)
    left = {
        directory_path(facts.export, request.segments): _stays(outcome, copied=copied)
        for request, outcome in outcomes.items()
        if isinstance(request, MakeDirectory) and isinstance(outcome, Made | Existed)
    }
    return tuple(
        Tell(about, "Warning", reasons.DIRECTORY_LEFT_BEHIND, f"{why}; its directory {path} {stays}.")
        for path, stays in left.items()
    )


def _stays(outcome: Made | Existed, *, copied: bool) -> str:
    if copied:
        return "stays, with the copy that was made for it in it"
    return "stays, with nothing in it" if isinstance(outcome, Made) and not outcome.before else "stays as it was"


def _made_elsewhere(outcomes: Outcomes, segments: Segments) -> Outcomes:
    """What was made for the claim where its volume does not lie."""
    return {
        request: outcome
        for request, outcome in outcomes.items()
        if isinstance(request, MakeDirectory | CopyDirectory) and request.segments != segments
    }


def _why_needless(claim: Json) -> str | None:
    """Why a claim needs no volume of ours any more; None where its turn may come (again)."""
    if text(claim, "metadata", "deletionTimestamp"):
        return _GONE
    return _SERVED if text(claim, "spec", "volumeName") else None


def _is_done(volume: VolumeRecord | None, uid: str) -> bool:
    if volume is None or volume.claim is None:
        return False
    return volume.provisioner == keys.PROVISIONER and volume.claim.uid == uid


def _provision(claim: Json, facts: ClaimFacts, outcomes: Outcomes) -> Actions:
    """Raises `StewardError` for whatever cannot be: a clause for the claim's author."""
    _check(claim, facts)
    export = facts.on_export.export
    parameters = read_parameters(facts.storage_class, facts.on_export.rules.policy)
    wish = resolve(export.directories, parameters, facts.on_export.gid)
    segments = _segments(claim, parameters, facts)
    options = _mount_options(claim, facts)
    about = ObjectReference.of(claim)
    limit = limit_of(claim, parameters.quota, text(claim, "spec", "resources", "requests", "storage") or "")
    copy = _copy(claim, facts, segments, wish, limit)
    copied = outcomes.get(copy) if copy else None
    if copy and facts.source and not isinstance(copied, Finished):
        return tell_copy(about, facts.source.name, copied) if copied else (copy,)
    # What was copied has its mode and owner, or the copy's own Event says why not.
    change = parameters.existing is Existing.CHANGE and copy is None
    request = MakeDirectory(segments, wish, limit, change)
    outcome = outcomes.get(request)
    if outcome is None:
        return (request,)
    wanted = Wanted(directory_path(export, segments), segments, "for this claim")
    told = tell_outcome(about, wanted, export, outcome)
    if may_still_come(outcome):
        return (*told, TryAgain(str(wanted)))
    if not isinstance(outcome, Made | Existed):
        return told
    name = text(facts.storage_class, "metadata", "name") or ""
    volume = new_volume(Plan(claim, name, export, segments, options.options, wish.gid, parameters), outcome.state)
    return (
        *told,
        *(tell_copied(about, facts.source.name, copied) if facts.source and isinstance(copied, Finished) else ()),
        CreateVolume(about, volume),
        # Only now: a volume that exists already, and has not been seen yet, has its directory from us.
        *_tell_unlike(about, wanted, wish, outcome),
        *tell_left_behind(about, facts.on_export, _made_elsewhere(outcomes, segments), _MOVED),
        *(Tell(about, "Warning", reasons.MOUNT_OPTION_REFUSED, f"{why}.") for why in options.warnings),
        _tell_succeeded(about, volume, parameters),
    )


def _check(claim: Json, facts: ClaimFacts) -> None:
    """Raises `NotProvisioned` for a claim that asks for what we do not make."""
    if facts.volume is not None:
        raise NotProvisioned(f"volume {facts.volume.name} exists and was not made for it")
    objection = why_not_provisioned(claim)
    if objection:
        raise NotProvisioned(objection)


def _copy(
    claim: Json, facts: ClaimFacts, segments: Segments, wish: Ownership, limit: Limit | None
) -> CopyDirectory | None:
    """What fills the directory, where the claim names a data source; raises `NotCloned`."""
    name = source_name(claim)
    if name is None:
        return None
    if facts.source is None or facts.source.name != name:
        raise SourceNotReady(f"claim {name} to copy from has not been read")
    source = source_segments(claim, facts.source, facts.on_export.export, facts.on_export.rules.exports)
    return CopyDirectory(source, segments, text(claim, "metadata", "uid") or "", wish, limit)


def _segments(claim: Json, parameters: ClassParameters, facts: ClaimFacts) -> Segments:
    """Where the directory goes; raises `PathRefused`, `NotProvisioned` where another export is in the way, and
    `PlaceTaken` where that is another volume's place.
    """
    volume = volume_name(text(claim, "metadata", "uid") or "")
    segments = parameters.pattern.expand(claim, volume)
    export = facts.on_export.export
    other = facts.on_export.rules.exports.entangled(export, segments)
    if other:
        raise NotProvisioned(f"its directory would be {directory_path(export, segments)}, but {other}")
    conflict = facts.on_export.occupied.conflict(export.name, segments, volume, parameters.shared)
    if conflict:
        raise PlaceTaken(directory_path(export, segments), conflict)
    return segments


def _mount_options(claim: Json, facts: ClaimFacts) -> EffectiveOptions:
    """The export's options, over them the profile's, then the class's, then what the claim may ask for.

    A class's options go over the profile's because their author wrote them for just these volumes; a profile fills in
    what nobody wrote. The profile and the claim's request count in opted-in namespaces only. Raises
    `MountOptionInvalid` for a class's option that cannot be.
    """
    settings = facts.on_export.settings
    ours = merge(
        parse_options(settings.profile.mount_options if settings else ()),
        parse_options(sequence(facts.storage_class, "mountOptions")),
    )
    return effective_options(
        facts.on_export.export.mount_options,
        tuple(option.text for option in ours),
        settings.profile.allowed_mount_options if settings else (),
        annotations(claim).get(keys.MOUNT_OPTIONS) if settings else None,
    )


def _tell_unlike(about: ObjectReference, wanted: Wanted, wish: Ownership, outcome: Outcome) -> tuple[Tell, ...]:
    """That a directory which was there before is not as the class says; it is left as it is."""
    if not isinstance(outcome, Existed):
        return ()
    state = outcome.state
    if (state.mode, state.uid, state.gid) == (wish.mode, wish.uid, wish.gid):
        return ()
    message = f"The {wanted} was there before, with {state}, and is left as it is."
    return (Tell(about, "Warning", reasons.OWNERSHIP_INCOMPLETE, message),)


def _tell_succeeded(about: ObjectReference, volume: Json, parameters: ClassParameters) -> Tell:
    nfs = volume["spec"]["nfs"]
    ending = describe_ending(Ending(parameters.on_delete, parameters.archive_for))
    made = f"Made volume {volume['metadata']['name']} at {nfs['server']}:{nfs['path']}."
    if parameters.quota is not QuotaKind.NONE:
        made += f" The file system has a limit at its size (quota: {parameters.quota})."
    message = f"{made} When the claim is deleted, {ending}."
    return Tell(about, "Normal", reasons.PROVISIONING_SUCCEEDED, message)
