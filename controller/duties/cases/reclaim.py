"""Volumes at their end."""

from collections.abc import Iterator

from controller.decisions.actions import Actions, Outcomes
from controller.decisions.reclaim.decision import decide_reclaim, decide_unserved, give_back
from controller.decisions.reclaim.plan import ReclaimFacts, is_at_its_end, plan_for
from controller.decisions.wording import may_still_come
from controller.duties.cases.sharing import Leaving, sharers_of
from controller.duties.cases.surroundings import Surroundings
from controller.export.requests import ArchiveAside, PutBack, RemoveAside, SetAside
from controller.observed.fresh import FreshReads
from controller.observed.records import ClaimRef, volume_record
from controller.observed.view import ClusterView
from policy.model import Export
from policy.shapes import Json, text


class Owed:
    """What one process has set aside and not dealt with yet, by the name of its volume: it must be put back, should the
    volume turn out to be gone. Safe for use from many threads, each with another volume in hand.
    """

    def __init__(self) -> None:
        self._owed: dict[str, PutBack] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._owed))

    def __contains__(self, volume: str) -> bool:
        return volume in self._owed

    def of(self, volume: str) -> PutBack | None:
        """What is owed to a volume."""
        return self._owed.get(volume)

    def note(self, volume: str, actions: Actions, outcomes: Outcomes) -> None:
        """Remember what `actions` are about to set aside, and forget what is put back, or belongs to its volume."""
        for action in actions:
            match action:
                case SetAside(segments, uid):
                    self._owed[volume] = PutBack(segments, uid)
                case RemoveAside() | ArchiveAside():
                    self._owed.pop(volume, None)
        if any(isinstance(each, PutBack) and not may_still_come(outcome) for each, outcome in outcomes.items()):
            self._owed.pop(volume, None)


class ReclaimCase:
    """A volume at its end, on an export. It and its claim are read afresh each time, above all after its directory was
    set aside: that alone says whose directory it was.
    """

    def __init__(self, around: Surroundings, export: Export, name: str, owed: Owed, leaving: Leaving) -> None:
        self._around, self._export, self._name, self._owed = around, export, name, owed
        self._leaving = leaving
        self._first: Json | None = None

    def decide(self, outcomes: Outcomes) -> Actions:
        """See `Case`."""
        now = self._around.reads.volume(self._name)
        self._first = self._first or now
        if self._first:
            actions = self._reclaim(self._first, now, outcomes)
        else:
            owed = self._owed.of(self._name)
            actions = give_back(owed, outcomes) if owed else ()
        self._owed.note(self._name, actions, outcomes)
        return actions

    def _reclaim(self, first: Json, now: Json | None, outcomes: Outcomes) -> Actions:
        self._leaving.begin(self._name)  # before the others are looked at
        facts = self._facts(first, now)
        self._leaving.settle(self._name, plan_for(facts))
        return decide_reclaim(facts, outcomes)

    def _facts(self, first: Json, now: Json | None) -> ReclaimFacts:
        view, sharers = self._around.view, sharers_of(volume_record(first), self._around.view)
        others = tuple(filter(None, sharers))
        return ReclaimFacts(
            rules=view.rules,
            export=self._export,
            occupied=view.occupied,
            first=first,
            now=now,
            claim_lives=now is not None and is_at_its_end(first, now) and _claim_lives(self._around.reads, now),
            sharers=others,
            expected=None in sharers,
            leaving=self._leaving.among(others),
        )


class UnservedVolumeCase:
    """A volume of ours at its end that lies on no managed export (any more)."""

    def __init__(self, view: ClusterView, reads: FreshReads, name: str) -> None:
        self._view, self._reads, self._name = view, reads, name

    def decide(self, _outcomes: Outcomes) -> Actions:
        """See `Case`."""
        volume = self._reads.volume(self._name)
        if volume is None or not is_at_its_end(volume, volume) or _claim_lives(self._reads, volume):
            return ()
        source = volume_record(volume).source
        if source and self._view.rules.export_of(source):
            return ()
        return decide_unserved(volume, "it lies on no export of the policy")


def _claim_lives(reads: FreshReads, volume: Json) -> bool:
    """Whether the claim that a volume refers to is there. A volume that is reserved by name is any claim's of it."""
    reference = volume_record(volume).claim
    claim = reads.claim(reference.namespace, reference.name) if reference else None
    return reference is not None and claim is not None and _is_meant(reference, claim)


def _is_meant(reference: ClaimRef, claim: Json) -> bool:
    return reference.uid in ("", text(claim, "metadata", "uid"))
