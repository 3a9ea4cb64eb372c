"""The gid that a static volume carries, by which a kubelet puts every Pod that mounts it into that group.

It is given to a volume whose author wrote none, with a mark that says what was given: as long as both say the same it
is ours to change and to take back. What somebody has changed since, or has taken off alone, is theirs.
"""

from collections.abc import Mapping
from typing import Any

from controller.decisions import reasons
from controller.decisions.actions import Actions, GiveGid, JsonPatch, Tell
from controller.decisions.facts import ExportFacts
from controller.decisions.steps import only_if, set_marks
from controller.decisions.subjects import volume_subject
from controller.export.outcomes import Existed, Made, Outcome
from controller.observed.records import VolumeRecord
from policy import keys
from policy.errors import GidUnknown
from policy.ownership import Ownership, resolve


def carries_our_gid(volume: VolumeRecord) -> bool:
    """Whether a volume has a gid that is ours to take back."""
    return volume.gid is not None and _is_ours_to_say(volume)


def give_gid(volume: VolumeRecord, wish: Ownership, outcome: Outcome) -> Actions:
    """What follows for a volume whose claim is served, where its directory was to be as wished."""
    has_it = isinstance(outcome, Made | Existed) and outcome.state.gid == wish.gid
    return _have(volume, wish.gid, may_give=has_it)


def take_back_gid(volume: VolumeRecord, facts: ExportFacts) -> Actions:
    """What follows for a volume that is not served (any more): a namespace keeps what it has, also when it leaves, and
    no other inherits it.
    """
    return _have(volume, _gid_of_its_namespace(volume, facts), may_give=False)


def _gid_of_its_namespace(volume: VolumeRecord, facts: ExportFacts) -> int:
    if volume.claim is None or volume.released:
        return 0
    try:
        return resolve(facts.export.directories, None, facts.gid).gid
    except GidUnknown:
        return 0


def _have(volume: VolumeRecord, wanted: int, *, may_give: bool) -> Actions:
    """Have a volume carry this gid or none, never that of another; 0, root's, is none."""
    gid = str(wanted) if wanted else None
    new = gid if may_give else None
    if not _is_ours_to_say(volume) or volume.gid in (gid, new):
        return ()
    about = volume_subject(volume)
    given = GiveGid(about, gid_patch(volume, new))
    if volume.gid is None:
        return (given,)
    now = f"it is {new} now" if new else "it is gone"
    message = (
        f"{keys.VOLUME_GID} was {volume.gid}, which is not the group of what the volume is for now: {now}. "
        "It counts when Pods start."
    )
    return (given, Tell(about, "Normal", reasons.GID_TAKEN_BACK, message))


def _is_ours_to_say(volume: VolumeRecord) -> bool:
    if volume.provisioner or volume.deleting or volume.left_alone or volume.directory_ignored:
        return False
    return volume.gid == volume.gid_given


def gid_patch(volume: VolumeRecord, gid: str | None) -> JsonPatch:
    """Write this gid on a volume, and that it was given, or (None) take both off; provided that it is for the same
    namespace as it was seen to be, and says the same.
    """
    said = {keys.VOLUME_GID: volume.gid, keys.GID_GIVEN: volume.gid_given}
    seen = {key: value for key, value in said.items() if value is not None}
    wanted = {keys.VOLUME_GID: gid, keys.GID_GIVEN: gid}
    return [
        only_if("/metadata/uid", volume.uid),
        _same_namespace(volume),
        *set_marks("annotations", seen if volume.annotated else None, wanted),
    ]


def _same_namespace(volume: VolumeRecord) -> Mapping[str, Any]:
    if volume.claim is None:
        return only_if("/spec/claimRef", None)
    return only_if("/spec/claimRef/namespace", volume.claim.namespace)
