"""What is to become of a volume that may be at its end, before anything is asked of its export."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from controller.observed.occupied import OccupiedDirectories
from controller.observed.records import VolumeRecord, volume_record
from controller.rules import Rules
from policy import keys
from policy.ending import Ending, EndingUnclear, ending_of, outlives_its_claim
from policy.exports import Elsewhere, Inside, Reaching, Segments, directory_path
from policy.model import Export
from policy.parameters import OnDelete
from policy.shapes import Json, text

_IN_USE: Final = "Bound"


@dataclass(frozen=True, slots=True)
class ReclaimFacts:
    """What is known of a volume: as it was `first` read, and as it is `now`, None where there is none of its name.

    `claim_lives`: the claim that it refers to is there. `sharers` are the other volumes of the very same directory;
    `expected`: one more of them is about to be made; `leaving`: those that may have been left to go before it was known
    that this one is at its end.
    """

    rules: Rules
    export: Export
    occupied: OccupiedDirectories
    first: Json
    now: Json | None
    claim_lives: bool
    sharers: tuple[VolumeRecord, ...] = ()
    expected: bool = False
    leaving: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Keep:
    """The data stays, and so does the volume, unless somebody has deleted it: `why` is a clause, `wanted` whether that
    is what was asked for.
    """

    why: str
    wanted: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """The data stays, for the volume `to`; this one goes."""

    to: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Other volumes are to go first, or to come."""


@dataclass(frozen=True, slots=True)
class Deal:
    """The data in the directory at `segments` is removed or archived; then the volume goes."""

    segments: Segments
    ending: Ending


Plan: TypeAlias = Keep | Leave | Wait | Deal


def may_be_at_its_end(volume: VolumeRecord) -> bool:
    """Whether a volume may have to be reclaimed, by what is remembered of it: one that we made or hold."""
    ours = volume.provisioner == keys.PROVISIONER or volume.held
    return ours and volume.over and (volume.reclaims or volume.held)


def plan_for(facts: ReclaimFacts) -> Plan | None:
    """What becomes of the volume as it is now; None where it is not at its end, or gone. Raises `WrongShape`."""
    if facts.now is None or not is_at_its_end(facts.first, facts.now) or facts.claim_lives:
        return None
    if outlives_its_claim(facts.now):
        return Keep("its reclaim policy is not Delete", wanted=True)
    try:
        ending = ending_of(facts.now)
    except EndingUnclear as unclear:
        return Keep(str(unclear))
    if ending.on_delete is OnDelete.RETAIN:
        return Keep(f"its annotation {keys.ON_DELETE} says so", wanted=True)
    place = place_of(facts)
    return place if isinstance(place, Keep) else _among_others(facts, place) or Deal(place, ending)


def is_at_its_end(first: Json, now: Json) -> bool:
    """Whether a volume is the very one that was looked at first, ours, and no longer bound. Raises `WrongShape`."""
    volume = volume_record(now)
    if volume.uid != text(first, "metadata", "uid") or not may_be_at_its_end(volume):
        return False
    return volume.released or text(now, "status", "phase") != _IN_USE


def place_of(facts: ReclaimFacts) -> Segments | Keep:
    """Where the volume's directory is on the export, or why there is none that may be touched."""
    source = volume_record(facts.first).source
    location = facts.rules.exports.locate(source.server, source.path) if source else Elsewhere()
    match location:
        case Inside(export, segments) if export.name == facts.export.name:
            return segments or Keep("it is the whole export")
        case Reaching(_, reason):
            return Keep(reason)
        case _:
            return Keep(f"it does not lie on export {facts.export.name}")


def _among_others(facts: ReclaimFacts, segments: Segments) -> Plan | None:
    """Other volumes, and exports, whose data it might be, too.

    Of volumes that share a directory the last one takes the data with it. Where several end at once, that is the last
    by name; the others go at once, and it waits for them. One that is going already, since this one was to take the
    data, takes none.
    """
    name, export = text(facts.first, "metadata", "name") or "", facts.export
    elsewhere = facts.rules.exports.entangled(export, segments)
    entangled = elsewhere or facts.occupied.entangled(export.name, segments, name)
    if entangled:
        return Keep(f"{directory_path(export, segments)}: {entangled}")
    static = next((each for each in facts.sharers if not each.provisioner), None)
    if static:
        return Keep(f"volume {static.name} uses it, too")
    in_use = next((each for each in facts.sharers if not each.over), None)
    last = max((each.name for each in facts.sharers), default="")
    if in_use or last > name:
        to = in_use.name if in_use else last
        return Wait() if to in facts.leaving else Leave(to)
    kept = next((each for each in facts.sharers if not each.reclaims), None)
    if kept:
        return Keep(f"volume {kept.name} uses it, too, and is retained")
    return Wait() if facts.sharers or facts.expected else None
