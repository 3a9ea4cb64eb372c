"""What follows from how much of a volume is used: what stands on it and on its claim, and what is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from controller.decisions.actions import Action, Actions, MarkClaim, RecordUsage
from controller.decisions.usage.patches import ClaimMarks, claim_usage_patch, volume_usage_patch
from controller.decisions.usage.record import Yardstick, next_record
from controller.decisions.usage.wording import Advice, tell_usage
from controller.export.outcomes import Measured
from controller.observed.records import ClaimRecord, VolumeRecord, claim_record, volume_record
from controller.observed.usage import Recorded
from kube.events import ObjectReference
from policy import keys
from policy.errors import QuantityInvalid
from policy.quantity import parse_quantity
from policy.shapes import Json, annotations
from policy.usage import usage_text


class Due(Enum):
    """How much a look at a volume is worth: `FIGURES` have changed and may wait, anything else is for now."""

    NOTHING = "nothing"
    FIGURES = "figures"
    AT_ONCE = "at once"


@dataclass(frozen=True, slots=True)
class UsageRules:
    """What holds for a claim: the policy's thresholds in percent, its profile's `overQuota`, whether its class lets it
    ask for more, and whom the policy says to ask, empty for nobody.
    """

    thresholds: Sequence[int]
    over_quota: str
    may_grow: bool
    contact: str


def what_is_due(volume: VolumeRecord, claim: ClaimRecord, figure: Measured, rules: UsageRules) -> Due:
    """Whether anything is to be written, by what is remembered of both."""
    if not is_claim_of(claim, volume):
        return Due.NOTHING
    wanted = _wanted(volume, figure, rules)
    if wanted is None:
        return Due.NOTHING
    if marks_of(claim) != (_marks_by(volume.usage, volume) if volume.usage else ClaimMarks()):
        return Due.AT_ONCE
    if wanted is volume.usage:
        return Due.NOTHING
    before = (volume.usage.threshold, volume.usage.over) if volume.usage else (0, "")
    return Due.FIGURES if before == (wanted.threshold, wanted.over) else Due.AT_ONCE


def decide_usage(volume: Json, claim: Json, figure: Measured, rules: UsageRules) -> Actions:
    """What the export's duty does about a volume of which `figure` is in use. Both are read afresh.

    The volume comes first: it remembers what was told. A claim that says nothing of its use yet was told nothing,
    whatever its volume remembers: of an earlier claim, or from a life that ended in between.
    """
    seen, marks, about = volume_record(volume), marks_of(claim_record(claim)), ObjectReference.of(claim)
    wanted = _wanted(seen, figure, rules)
    if wanted is None or not is_claim_of(claim_record(claim), seen):
        return ()
    right = _marks_by(wanted, seen)
    advice = Advice(rules.may_grow, rules.contact, rules.over_quota, keys.HELD_BY in annotations(volume))
    actions: list[Action] = []
    if wanted is not seen.usage:
        actions.append(RecordUsage(ObjectReference.of(volume), volume_usage_patch(volume, wanted)))
    actions += tell_usage(about, seen.usage if marks.used else None, wanted, right.used, advice)
    if marks != right:
        actions.append(MarkClaim(about, claim_usage_patch(claim, right)))
    return tuple(actions)


def decide_unmeasured(volume: Json, claim: Json) -> Actions:
    """What the export's duty does about the claim of a volume whose use is not measured (any more): it says nothing of
    its use, and is held to nothing.
    """
    seen = claim_record(claim)
    if not is_claim_of(seen, volume_record(volume)) or not is_marked(seen):
        return ()
    return (MarkClaim(ObjectReference.of(claim), claim_usage_patch(claim, ClaimMarks())),)


def is_claim_of(claim: ClaimRecord, volume: VolumeRecord) -> bool:
    """Whether the two are bound to each other."""
    return volume.claim is not None and (claim.uid, claim.volume) == (volume.claim.uid, volume.name)


def is_marked(claim: ClaimRecord) -> bool:
    """Whether a claim says anything of its use."""
    return marks_of(claim) != ClaimMarks()


def marks_of(claim: ClaimRecord) -> ClaimMarks:
    """What a claim says of its use now."""
    return ClaimMarks(claim.used, claim.over_quota)


def capacity_of(volume: VolumeRecord) -> int | None:
    """A volume's size in bytes; None for one that cannot be read."""
    try:
        return parse_quantity(volume.size)
    except QuantityInvalid:
        return None


def _wanted(volume: VolumeRecord, figure: Measured, rules: UsageRules) -> Recorded | None:
    """What is to stand on a volume; None where it says no size."""
    capacity = capacity_of(volume)
    if capacity is None:
        return None
    return next_record(volume.usage, figure, Yardstick(capacity, rules.thresholds, rules.over_quota))


def _marks_by(recorded: Recorded, volume: VolumeRecord) -> ClaimMarks:
    """What is to stand on the claim where the volume says this."""
    capacity = capacity_of(volume)
    used = usage_text(recorded.bytes, recorded.files, volume.size, capacity) if capacity else ""
    return ClaimMarks(used, keys.OVER_QUOTA_TRUE if recorded.over not in ("", "warn") else "")
