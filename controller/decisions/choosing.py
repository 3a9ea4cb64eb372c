"""Which of several exports a claim's volume is made on: of those that are well, the one with the most free space.

The choice is written on the claim, where the duty of that export finds it. It is looked at again as long as there is no
volume, and made again should the export not be well any more. Nobody trusts it: an export's duty serves a claim only
where the class names the export, and the name of a volume is one, whoever makes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from controller.decisions import reasons
from controller.decisions.actions import Actions, ChooseExport, LookAgain, Tell, TryAgain
from controller.decisions.patches import choice_patch
from controller.export.outcomes import ExportState
from kube.events import ObjectReference
from policy import keys
from policy.shapes import Json, annotations

_WHILE_WITHOUT_VOLUME: Final = 30.0
"""Seconds: an export that fails says so on its Lease, which is no change of the claim, and one whose controller has
died says nothing."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An export that a class names, whether a controller leads there, and what that said last; `free` in bytes."""

    export: str
    alive: bool
    state: str = ExportState.UNREACHABLE
    free: int | None = None

    @property
    def objection(self) -> str | None:
        """Why no volume is to be made there now, as a clause; None: it is well."""
        if not self.alive:
            return f"{self.export} has no controller"
        return None if self.state == ExportState.OK else f"{self.export} is {self.state}"


def decide_export(claim: Json, candidates: Sequence[Candidate]) -> Actions:
    """What the cluster's duty does for a claim, without a volume, of a class that names these exports."""
    well = [each for each in candidates if each.objection is None]
    chosen = annotations(claim).get(keys.CHOSEN_EXPORT)
    if any(each.export == chosen for each in well):
        return (LookAgain(_WHILE_WITHOUT_VOLUME),)
    about = ObjectReference.of(claim)
    if not well:
        why = "; ".join(each.objection or "" for each in candidates)
        message = f"No export can take a volume for this claim now: {why}. It is tried again."
        return (Tell(about, "Warning", reasons.NO_EXPORT_AVAILABLE, message), TryAgain(why))
    # The first that the class names, of several with the same free space.
    best = max(well, key=lambda each: each.free or 0)
    return (ChooseExport(about, choice_patch(claim, best.export)),)
