"""Keeping house on an export: what is due there whatever volumes and claims there are. Every full pass asks for it."""

from typing import Final

from controller.decisions.actions import Actions, LookAgain, Outcomes, TryAgain
from controller.decisions.wording import may_still_come
from controller.export.outcomes import Underway
from controller.export.requests import KeepHouse

_LOOK_AGAIN: Final = 2.0


def decide_house(outcomes: Outcomes) -> Actions:
    """What the export's duty does about its house."""
    request = KeepHouse()
    outcome = outcomes.get(request)
    if outcome is None:
        return (request,)
    if isinstance(outcome, Underway):
        return (LookAgain(_LOOK_AGAIN),)
    return (TryAgain(f"the house cannot be kept now: {outcome}"),) if may_still_come(outcome) else ()
