"""What the author of a claim is told of its use."""

from dataclasses import dataclass
from typing import Final

from controller.decisions import reasons
from controller.decisions.actions import Tell
from controller.decisions.usage.record import LEFT_BELOW
from controller.observed.usage import Recorded
from kube.events import ObjectReference

_FOLLOWS: Final = {
    "warn": "nobody is kept from writing more",
    "readOnly": "new Pods get it read-only",
    "block": "no new Pod starts with it",
}
_UNTIL: Final = f"until less than {LEFT_BELOW} % is used; those that run are not disturbed"
_LIMITED: Final = "The file system has a limit at its size"
"""Not that nobody writes more: ext4 stops no root whom the server does not squash, which cannot be seen from here."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What there is to know for somebody who needs more: whether the claim may ask for it, whom people may ask (empty:
    nobody), what follows beyond the size, and whether it is `limited` by the file system.
    """

    may_grow: bool
    contact: str
    over_quota: str
    limited: bool

    @property
    def ways_out(self) -> str:
        """What to do about it, as a sentence without its end."""
        more = ("ask for more in spec.resources.requests.storage",) if self.may_grow else ()
        person = (f"ask {self.contact} for more",) if self.contact else ()
        return ", or ".join(("Delete what is not needed", *more, *person))

    @property
    def outlook(self) -> str:
        """What comes next, as a sentence without its end."""
        return _LIMITED if self.limited else f"Beyond its size, {_FOLLOWS[self.over_quota]}"


def tell_usage(
    about: ObjectReference, before: Recorded | None, now: Recorded, text: str, advice: Advice
) -> tuple[Tell, ...]:
    """What is to be told where `before` stood on the volume and `now` does; `text` is the use in words."""
    over_before, told_before = (before.over, before.threshold) if before else ("", 0)
    if now.over != over_before:
        return (_over(about, now.over, text, advice) if now.over else _within(about, text),)
    return (_high(about, now.threshold, text, advice),) if now.threshold > told_before else ()


def _high(about: ObjectReference, threshold: int, text: str, advice: Advice) -> Tell:
    message = f"This claim has reached {threshold} % of its size: {text}. {advice.ways_out}. {advice.outlook}."
    return Tell(about, "Warning", reasons.USAGE_HIGH, message)


def _over(about: ObjectReference, over: str, text: str, advice: Advice) -> Tell:
    follows = _FOLLOWS[over] if over == "warn" else f"{_FOLLOWS[over]} {_UNTIL}"
    message = f"This claim uses more than its size: {text}. {follows[0].upper()}{follows[1:]}. {advice.ways_out}."
    return Tell(about, "Warning", reasons.OVER_QUOTA, message)


def _within(about: ObjectReference, text: str) -> Tell:
    message = f"This claim is within its size again: {text}."
    return Tell(about, "Normal", reasons.WITHIN_QUOTA, message)
