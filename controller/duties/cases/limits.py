"""What limits a namespace: its ResourceQuota and its LimitRange."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from controller.decisions.actions import Actions, LookAgain, Outcomes
from controller.decisions.limits.decision import decide_limits, writes
from controller.decisions.limits.facts import LimitsFacts
from controller.observed.limits import NamespaceLimits
from controller.observed.records import NamespaceRecord
from controller.observed.view import ClusterView
from controller.turns import Turns
from controller.work import Work

NAMESPACES_PER_SECOND: Final = 50.0
"""How many namespaces' limits are written at most, two objects and two Events each: a new policy for 1,000 of them is
through in twenty seconds. Faster would be for nothing, since a quota holds when kube-controller-manager has counted it,
which by default writes 20 a second; and API servers of one or two cores would feel it.
"""

_LISTING_SECONDS: Final = 0.5
_SEEN_SECONDS: Final = 0.25
"""How long the watches have to bring what was written: until then the same would be written once more, in vain."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """Which kinds of objects of ours we have seen in a namespace, the one of this uid, since it is to have them."""

    uid: str
    kinds: frozenset[str]


class Limits:
    """The limits of all namespaces, as one process keeps them. Safe for use from many threads, each with another
    namespace in hand. `clock` is monotonic, in seconds.
    """

    def __init__(self, view: ClusterView, limits: NamespaceLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self._view = view
        self._limits = limits
        self._turns = Turns(NAMESPACES_PER_SECOND, clock, rest=_SEEN_SECONDS)
        self._seen: dict[str, _Seen] = {}

    def wanted(self, namespace: str) -> bool:
        """Whether there may be something to do in a namespace."""
        if not self._view.rules.policy.limits:
            return False
        opted_in = self._view.settings(namespace) is not None
        return opted_in or bool(self._limits.of(namespace).ours) or namespace in self._seen

    def left_over(self) -> Iterable[Work]:
        """What is ours while the policy has no limits kept. Raises `ApiError`."""
        return self._limits.left_over()

    def decide(self, namespace: str) -> Actions:
        """What to do in a namespace, in its turn. Raises `ApiError` where what is there has to be read."""
        known = self._view.namespace(namespace)
        if known is None:
            self._seen.pop(namespace, None)
            return ()
        if self._limits.informers and not self._limits.watched:
            return (LookAgain(_LISTING_SECONDS),)
        actions = decide_limits(self._facts(known))
        if not writes(actions):
            self._turns.give_up(namespace)
            return actions
        wait = self._turns.wait(namespace)
        return (LookAgain(wait),) if wait else actions

    def _facts(self, known: NamespaceRecord) -> LimitsFacts:
        policy, settings = self._view.rules.policy, self._view.settings(known.name)
        found = self._limits.of(known.name) if self._limits.watched else self._limits.read(known.name)
        seen = self._seen.get(known.name)
        before = seen.kinds if seen and seen.uid == known.uid else frozenset[str]()
        facts = LimitsFacts(known, settings, found, policy.contact, missed=before - found.ours)
        self._seen[known.name] = _Seen(known.uid, facts.wished & (before | found.ours))
        return facts


class LimitsCase:
    """The limits of one namespace."""

    def __init__(self, limits: Limits, namespace: str) -> None:
        self._limits, self._namespace = limits, namespace

    def decide(self, _outcomes: Outcomes) -> Actions:
        """See `Case`."""
        return self._limits.decide(self._namespace)
