"""Gids of namespaces: given to those that need one, and marked where the namespace is gone."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Final

from controller.decisions.actions import Actions, LookAgain, Outcomes, TryAgain
from controller.decisions.gids import (
    AT_ONCE,
    SEEN_SECONDS,
    assign_gid,
    assign_gids,
    retire_gids,
    tell_damage,
    written_on,
)
from controller.decisions.giving import GidFacts
from controller.decisions.subjects import namespace_subject
from controller.observed.fresh import FreshReads
from controller.observed.records import NamespaceRecord
from controller.observed.view import ClusterView
from kube import resources
from kube.events import ObjectReference
from policy import keys
from policy.gids import Holder, Ledger, holder_of
from policy.ownership import AUTO
from policy.shapes import text

_TRIED_SECONDS: Final = 1.0
"""How long the watch has to bring what was written."""

_UNSEEN: Final[Actions] = (TryAgain("what was written to the ledger of gids is not seen yet"),)


class Gids:
    """The ledger, as the view has it: a write that it was too old for is refused, and decided on again. Safe for use
    from many threads. `now` is the wall clock, in UTC; `clock` is monotonic, in seconds.
    """

    def __init__(
        self, view: ClusterView, now: Callable[[], datetime], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.view = view
        self._now = now
        self._clock = clock
        self._lock = threading.Lock()
        self._asked: set[Holder] = set()
        self._tried: tuple[str, float] | None = None

    @property
    def facts(self) -> GidFacts:
        """What decisions about gids stand on."""
        return GidFacts(self.view.gids, self.view.rules.policy.gid_range, self._now().date())

    def assign(self, about: ObjectReference, namespace: str) -> Actions:
        """Give a namespace the gid that `about` needs, before anything else is done for it."""
        known, facts = self.view.namespace(namespace), self.facts
        if known is None:
            return (TryAgain(f"namespace {namespace} is not known yet"),)
        tenant = holder_of(known.name, known.uid)
        if tenant in facts.ledger.living:
            return (LookAgain(0.0),)  # the watch has brought it since it was missed
        with self._lock:
            self._asked.add(tenant)
            if self._was_tried(facts.ledger.version):
                return _UNSEEN
        others = (each for each in self.waiting(facts.ledger) if each != tenant)
        return self.once(assign_gid(about, tenant, others, facts))

    def waiting(self, ledger: Ledger) -> dict[Holder, NamespaceRecord]:
        """The namespaces that have no gid yet and need one: those that will, and those for which one was asked."""
        known = {holder_of(each.name, each.uid): each for each in self.view.namespaces()}
        missing = {tenant: each for tenant, each in known.items() if tenant not in ledger.living}
        with self._lock:
            self._asked.intersection_update(missing)
            return {tenant: each for tenant, each in missing.items() if tenant in self._asked or self._will_need(each)}

    def lacks(self, namespace: str) -> bool:
        """Whether a namespace has no gid yet and will need one."""
        known = self.view.namespace(namespace)
        return known is not None and self._will_need(known) and self.view.gid(namespace) is None

    def once(self, actions: Actions) -> Actions:
        """The same, unless they write the ledger on a state on which that was tried a moment ago: either it worked, and
        the watch has yet to bring it, or it would not work now either.
        """
        version = written_on(actions)
        if version is None:
            return actions
        with self._lock:
            if self._was_tried(version):
                return _UNSEEN
            self._tried = (version, self._clock())
        return actions

    def _was_tried(self, version: str) -> bool:
        """Whether the ledger was written on this state a moment ago; `_lock` is held."""
        return self._tried is not None and self._tried[0] == version and self._clock() < self._tried[1] + _TRIED_SECONDS

    def _will_need(self, namespace: NamespaceRecord) -> bool:
        """Whether it is to have one before anything in it needs it: the webhook can only put Pods into a group that is
        known when they are created.
        """
        wished = (export.directories.gid for export in self.view.rules.policy.exports)
        return AUTO in wished and self.view.settings(namespace.name) is not None


class LedgerCase:
    """The ledger as a whole: who waits for a gid, whose namespaces are gone, and what in it is damaged."""

    def __init__(self, gids: Gids, reads: FreshReads) -> None:
        self._gids, self._reads = gids, reads

    def decide(self, _outcomes: Outcomes) -> Actions:
        """See `Case`. One write at a time: those who wait come before those who are gone."""
        gids, facts = self._gids, self._gids.facts
        kind = resources.CONFIG_MAPS
        about = ObjectReference(kind.api_version, kind.kind, keys.GID_LEDGER, gids.view.home)
        waiting = {tenant: namespace_subject(each) for tenant, each in gids.waiting(facts.ledger).items()}
        damage, given = tell_damage(about, facts.ledger), assign_gids(about, waiting, facts)
        if written_on(given) is not None:
            later = (LookAgain(SEEN_SECONDS),) if any(self._missing(facts.ledger)) else ()
            return (*damage, *gids.once((*given, *later)))
        return (*damage, *given, *gids.once(retire_gids(about, self._gone(facts.ledger), facts)))

    def _gone(self, ledger: Ledger) -> frozenset[Holder]:
        """Some whose namespaces are gone, one more than is marked at once, so that it is known to be the last of them.
        That is read afresh: an export's duty may know of a namespace sooner than this one.
        """
        return frozenset(islice(filter(self._is_gone, self._missing(ledger)), AT_ONCE + 1))

    def _missing(self, ledger: Ledger) -> Iterator[Holder]:
        here = self._gids.view.living()
        return (each for each in ledger.living if each not in here)

    def _is_gone(self, holder: Holder) -> bool:
        namespace = self._reads.namespace(holder.namespace)
        return namespace is None or holder_of(holder.namespace, text(namespace, "metadata", "uid") or "") != holder
