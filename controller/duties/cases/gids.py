"""Gids of namespaces: given to those that need one, and marked where the namespace is gone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from controller.decisions.actions import Actions, Outcomes, TryAgain
from controller.decisions.gids import AT_ONCE, GidFacts, assign_gid, retire_gids, tell_damage
from controller.observed.fresh import FreshReads
from controller.observed.view import ClusterView
from kube import resources
from kube.events import ObjectReference
from policy import keys
from policy.gids import Holder, holder_of
from policy.shapes import text


@dataclass(frozen=True, slots=True)
class Gids:
    """The ledger, as the view has it: a write that it was too old for is refused, and decided on again. `now` is the
    wall clock, in UTC.
    """

    view: ClusterView
    now: Callable[[], datetime]

    @property
    def facts(self) -> GidFacts:
        """What decisions about gids stand on."""
        return GidFacts(self.view.gids, self.view.rules.policy.gid_range, self.now().date())

    def assign(self, about: ObjectReference, namespace: str) -> Actions:
        """Give a namespace the gid that `about` needs, before anything else is done for it."""
        known = self.view.namespace(namespace)
        if known is None:
            return (TryAgain(f"namespace {namespace} is not known yet"),)
        return assign_gid(about, holder_of(known.name, known.uid), self.facts)


class LedgerCase:
    """The ledger as a whole: whose namespaces are gone, and what in it is damaged."""

    def __init__(self, gids: Gids, reads: FreshReads) -> None:
        self._gids, self._reads = gids, reads

    def decide(self, _outcomes: Outcomes) -> Actions:
        """See `Case`. Whether a namespace is gone is read afresh: an export's duty may know it sooner than this one."""
        view, facts = self._gids.view, self._gids.facts
        kind = resources.CONFIG_MAPS
        about = ObjectReference(kind.api_version, kind.kind, keys.GID_LEDGER, view.home)
        here = view.living()
        gone = filter(self._is_gone, (each for each in facts.ledger.living if each not in here))
        # One more than is marked at once, so that it is known to be the last of them.
        return (*tell_damage(about, facts.ledger), *retire_gids(about, frozenset(islice(gone, AT_ONCE + 1)), facts))

    def _is_gone(self, holder: Holder) -> bool:
        namespace = self._reads.namespace(holder.namespace)
        return namespace is None or holder_of(holder.namespace, text(namespace, "metadata", "uid") or "") != holder
