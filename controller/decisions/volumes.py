"""Directories of static NFS volumes: made as soon as a claim of an opted-in namespace is bound or expected; and the gid
for their Pods, which follows the claim.
"""

from controller.decisions.actions import Actions, Outcomes, TryAgain
from controller.decisions.facts import ExportFacts
from controller.decisions.subjects import claim_subject, volume_subject
from controller.decisions.volumegids import give_gid, take_back_gid
from controller.decisions.wording import Refused, Wanted, may_still_come, tell_outcome, tell_refused
from controller.export.requests import MakeDirectory
from controller.observed.records import ClaimRecord, VolumeRecord
from kube.events import ObjectReference
from policy import keys
from policy.exports import Elsewhere, Reaching
from policy.ownership import resolve


def decide_volume(volume: VolumeRecord, claim: ClaimRecord | None, facts: ExportFacts, outcomes: Outcomes) -> Actions:
    """What the export's duty does for a static volume; `claim` is the one it refers to, None where there is none yet.

    Volumes are made by administrators, who may point one wherever they like on an export; those that we made
    ourselves had their directories first. Raises `GidUnknown` where the namespace has to be given a gid first.
    """
    stale = take_back_gid(volume, facts)
    if facts.settings is None or not is_ours_to_serve(volume, claim):
        return stale
    place = _place(volume, facts)
    if place is None:
        return ()
    abouts = _everybody_concerned(volume)
    if isinstance(place, Refused):
        return (*stale, *(tell_refused(about, place) for about in abouts))
    if stale and facts.gid is None:
        return stale  # it is not to stay for as long as its namespace gets no gid
    wish = resolve(facts.export.directories, None, facts.gid)
    request = MakeDirectory(place.segments, wish, change_existing=volume.directory_changed)
    outcome = outcomes.get(request)
    if outcome is None:
        return (request,)
    told = tuple(tell for about in abouts for tell in tell_outcome(about, place, facts.export, outcome))
    actions = (*told, *give_gid(volume, wish, outcome))
    return (*actions, TryAgain(str(place))) if may_still_come(outcome) else actions


def is_ours_to_serve(volume: VolumeRecord, claim: ClaimRecord | None) -> bool:
    """Whether a volume is a static one whose claim, if there is one yet, is served."""
    if volume.claim is None or volume.over or volume.provisioner == keys.PROVISIONER:
        return False
    if volume.left_alone or volume.directory_ignored:
        return False
    return claim is None or not claim.left_alone


def _place(volume: VolumeRecord, facts: ExportFacts) -> Wanted | Refused | None:
    if volume.source is None:
        return None
    path, purpose = volume.source.path, f"for volume {volume.name}"
    location = facts.rules.exports.locate(volume.source.server, path)
    if isinstance(location, Elsewhere) or location.export.name != facts.export.name:
        return None
    if isinstance(location, Reaching):
        return Refused(path, purpose, location.reason)
    return Wanted(path, location.segments, purpose) if location.segments else None


def _everybody_concerned(volume: VolumeRecord) -> tuple[ObjectReference, ...]:
    """The volume's author, who is an administrator, and the claim's, who can read no Events of volumes."""
    bound = volume.claim is not None and volume.claim.uid
    return (volume_subject(volume), *((claim_subject(volume.claim),) if volume.claim and bound else ()))
