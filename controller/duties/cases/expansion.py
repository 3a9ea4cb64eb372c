"""Claims that ask for more than they have."""

from collections.abc import Callable
from datetime import datetime

from controller.decisions.actions import Actions, Outcomes
from controller.decisions.expansion import ExpansionFacts, decide_expansion
from controller.duties.cases.surroundings import Surroundings
from controller.observed.records import class_of_claim
from controller.work import Work
from policy.model import Export
from policy.shapes import mapping, text
from policy.volumes import nfs_source, place_of


class ExpansionCase:
    """A claim that is bound. It and its volume are read afresh: the first write may be from an earlier life. `now` is
    the wall clock, in UTC.
    """

    def __init__(self, around: Surroundings, export: Export, work: Work, now: Callable[[], datetime]) -> None:
        self._around, self._export, self._work, self._now = around, export, work, now

    def decide(self, outcomes: Outcomes) -> Actions:
        """See `Case`."""
        claim = self._around.reads.claim(self._work.namespace, self._work.name)
        name = text(claim, "spec", "volumeName") if claim else None
        volume = self._around.reads.volume(name) if name else None
        if claim is None or volume is None:
            return ()
        place = place_of(nfs_source(mapping(volume, "spec")), self._around.view.rules.exports)
        if place is None or place.export.name != self._export.name:
            return ()
        storage_class = self._around.view.storage_class(class_of_claim(claim) or "")
        facts = ExpansionFacts(place.export, place.segments, volume, storage_class, self._now())
        return decide_expansion(claim, facts, outcomes)
