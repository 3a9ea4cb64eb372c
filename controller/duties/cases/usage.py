"""Volumes in use: how much of them is, and what follows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from controller.decisions.actions import Actions, LookAgain, Outcomes
from controller.decisions.usage.decision import (
    Due,
    UsageRules,
    capacity_of,
    decide_unmeasured,
    decide_usage,
    is_claim_of,
    is_marked,
    what_is_due,
)
from controller.decisions.usage.measured import has_directory_of_its_own, may_be_measured
from controller.duties.cases.surroundings import Surroundings
from controller.export.outcomes import Measured, Missing
from controller.export.requests import Measure
from controller.observed.records import ClaimRecord, VolumeRecord
from controller.observed.usagetable import UsageRow, UsageTable
from controller.turns import Turns
from policy import keys
from policy.exports import Inside
from policy.shapes import Json
from policy.volumes import place_of

FIGURES_PER_SECOND: Final = 2.0
"""How many volumes' figures are written that have changed and are no news beside: ten thousand volumes that change all
the time must not keep the API server busy.
"""

_WITHOUT_PROFILE: Final = "warn"


@dataclass(frozen=True, slots=True)
class Usage:
    """The use of one export's volumes: which are measured, the table of what is known of them, and how fast figures may
    be written.
    """

    around: Surroundings
    table: UsageTable
    turns: Turns

    def concerns(self, name: str) -> bool:
        """Whether a volume's use is measured here, or was, and so something may have to be taken back."""
        volume = self.around.view.volume(name)
        if volume is None or name in self.table:
            return name in self.table
        return self.place(volume) is not None or self.has_stale_marks(volume)

    def place(self, volume: VolumeRecord) -> Inside | None:
        """Where a volume lies whose use is measured here; None for all others."""
        view, claim = self.around.view, volume.claim
        if claim is None or not may_be_measured(volume, view.settings(claim.namespace) is not None):
            return None
        place = self._lies_at(volume)
        return place if place and has_directory_of_its_own(volume, place, view.occupied) else None

    def has_stale_marks(self, volume: VolumeRecord) -> bool:
        """Whether the claim of a volume that lies here, and is not measured, says anything of its use."""
        claim = self.claim(volume)
        return claim is not None and is_marked(claim) and self._lies_at(volume) is not None

    def claim(self, volume: VolumeRecord) -> ClaimRecord | None:
        """The claim that a volume is bound to."""
        reference = volume.claim
        claim = self.around.view.claim(reference.namespace, reference.name) if reference else None
        return claim if claim and is_claim_of(claim, volume) else None

    def rules(self, volume: VolumeRecord, claim: ClaimRecord) -> UsageRules:
        """What holds for a claim; where its namespace is not opted in, nothing follows from its use."""
        view = self.around.view
        settings, storage_class = view.settings(claim.namespace), view.storage_class(claim.storage_class or "")
        expands = storage_class is not None and storage_class.get("allowVolumeExpansion") is True
        return UsageRules(
            thresholds=view.rules.policy.usage_thresholds,
            over_quota=settings.profile.over_quota if settings else _WITHOUT_PROFILE,
            may_grow=expands and volume.provisioner == keys.PROVISIONER,
            contact=view.rules.policy.contact or "",
        )

    def _lies_at(self, volume: VolumeRecord) -> Inside | None:
        place = place_of(volume.source, self.around.view.rules.exports)
        return place if place and place.export.name == self.around.export_name else None


class UsageCase:
    """One volume's use. Volume and claim are read afresh only where something is to be written."""

    def __init__(self, usage: Usage, name: str) -> None:
        self._usage, self._name = usage, name

    def decide(self, outcomes: Outcomes) -> Actions:
        """See `Case`."""
        volume = self._usage.around.view.volume(self._name)
        if volume is None:
            return self._forget()
        place = self._usage.place(volume)
        if place is None:
            stale = self._usage.has_stale_marks(volume)
            return self._forget() + (self._afresh(volume, decide_unmeasured) if stale else ())
        request = Measure(volume.name, volume.uid, place.segments)
        outcome = outcomes.get(request)
        if outcome is None:
            return (request,)
        if isinstance(outcome, Measured):
            return self._follow(volume, outcome)
        if isinstance(outcome, Missing):
            return self._forget()
        return ()  # the export tells of figures when it has them, and every full pass asks

    def _follow(self, volume: VolumeRecord, figure: Measured) -> Actions:
        claim, capacity = self._usage.claim(volume), capacity_of(volume)
        if claim is None or capacity is None:
            return self._forget()
        row = UsageRow(claim.namespace, claim.name, figure.bytes, figure.files, capacity, figure.at)
        self._usage.table.put(volume.name, row)
        rules = self._usage.rules(volume, claim)
        due, turns = what_is_due(volume, claim, figure, rules), self._usage.turns
        if due is Due.FIGURES:
            seconds = turns.wait(volume.name)
            if seconds:
                return (LookAgain(seconds),)
        else:
            turns.give_up(volume.name)
        if due is Due.NOTHING:
            return ()
        return self._afresh(volume, lambda volume, claim: decide_usage(volume, claim, figure, rules))

    def _forget(self) -> Actions:
        """Know nothing of the volume any more; nothing is to be done for that."""
        self._usage.table.drop(self._name)
        self._usage.turns.give_up(self._name)
        return ()

    def _afresh(self, volume: VolumeRecord, decide: Callable[[Json, Json], Actions]) -> Actions:
        """What is decided on the volume and its claim as they are now, if they still are."""
        reads, reference = self._usage.around.reads, volume.claim
        now = reads.volume(volume.name)
        claim = reads.claim(reference.namespace, reference.name) if reference else None
        return decide(now, claim) if now and claim else ()
