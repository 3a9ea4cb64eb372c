"""Keeping house on an export: what is due there whatever volumes and claims there are. Every full pass asks for it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from controller.decisions import reasons
from controller.decisions.actions import Action, Actions, LookAgain, Outcomes, Tell, TryAgain
from controller.decisions.wording import may_still_come
from controller.export.outcomes import Blocked, Moved, Outcome, Underway
from controller.export.requests import KeepHouse, PutBack
from kube.events import ObjectReference
from policy.exports import Segments
from policy.paths import RESERVED
from policy.shapes import Json, text

_LOOK_AGAIN: Final = 2.0


@dataclass(frozen=True, slots=True)
class Bereft:
    """A volume in use, as it is now, whose data lies aside, and where it belongs. Whoever set it aside has died before
    he saw that the volume is no longer at its end.
    """

    volume: Json
    segments: Segments

    @property
    def request(self) -> PutBack:
        """What gives it back its data. An empty directory in its place may be in use by now: it does not give way."""
        return PutBack(self.segments, text(self.volume, "metadata", "uid") or "", over_empty=False)


def is_in_use(volume: Json) -> bool:
    """Whether a volume is bound and is to stay so, as far as anybody knows."""
    return text(volume, "status", "phase") == "Bound" and not text(volume, "metadata", "deletionTimestamp")


def decide_house(outcomes: Outcomes, bereft: Iterable[Bereft] = ()) -> Actions:
    """What the export's duty does about its house. What lies aside for a volume that is not in use is left to whoever
    deals with that volume, or to people: `nfs-steward doctor` tells them.
    """
    request = KeepHouse()
    outcome = outcomes.get(request)
    if outcome is None:
        return (request,)
    if isinstance(outcome, Underway):
        return (LookAgain(_LOOK_AGAIN),)
    if may_still_come(outcome):
        return (TryAgain(f"the house cannot be kept now: {outcome}"),)
    known = tuple(bereft)
    missing = tuple(each.request for each in known if each.request not in outcomes)
    return missing or tuple(action for each in known for action in _told(each, outcomes[each.request]))


def _told(bereft: Bereft, outcome: Outcome) -> Iterator[Action]:
    about = ObjectReference.of(bereft.volume)
    aside = f"{RESERVED}/aside/{bereft.request.volume_uid}"
    match outcome:
        case Moved():
            message = f"The data of this volume is in its place again; it was in {aside}, to be dealt with at its end."
            yield Tell(about, "Normal", reasons.DATA_PUT_BACK, message)
        case Blocked(why):
            message = f"The data of this volume is in {aside}, where it was set aside, and not in its place: {why}."
            yield Tell(about, "Warning", reasons.DATA_ASIDE, message)
        case _ if may_still_come(outcome):
            yield TryAgain(f"data that lies aside cannot be put back now: {outcome}")
