"""What limits a namespace: its ResourceQuota and its LimitRange."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from controller.decisions.actions import Actions, LookAgain, Outcomes, Tell
from controller.decisions.limits.decision import decide_limits, writes
from controller.decisions.limits.facts import LimitsFacts
from controller.observed.limits import NamespaceLimits
from controller.observed.records import NamespaceRecord
from controller.observed.view import ClusterView
from controller.told import REPEAT_AFTER
from controller.turns import Turns
from controller.work import Work

NAMESPACES_PER_SECOND: Final = 150.0
"""How many namespaces' limits are written at most, two objects each; their Events have a pace of their own. A new
policy for 1,000 of them is through within ten seconds, and whoever reads from the API server meanwhile waits
milliseconds longer. Nothing piles up where that is slow: no more writes are under way than the duty has workers. A
quota holds when kube-controller-manager has counted it, which by default writes 20 a second.
"""

_LISTING_SECONDS: Final = 0.5
_SEEN_SECONDS: Final = 0.25
"""How long the watches have to bring what was written: until then the same would be written once more, in vain."""
_REMIND_SECONDS: Final = REPEAT_AFTER + 60
"""After how long a quota that is nearly used up is told again, by the next look at everything."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """Which kinds of objects of ours we have seen in a namespace, the one of this uid, since it is to have them; and
    when anything was `told` there, or else when it was first seen.
    """

    uid: str
    kinds: frozenset[str]
    told: float


class Limits:
    """The limits of all namespaces, as one process keeps them. Safe for use from many threads, each with another
    namespace in hand. `clock` is monotonic, in seconds.
    """

    def __init__(self, view: ClusterView, limits: NamespaceLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self._view = view
        self._limits = limits
        self._clock = clock
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
        if writes(actions):
            wait = self._turns.wait(namespace)
            if wait:
                return (LookAgain(wait),)
        else:
            self._turns.give_up(namespace)
        if any(isinstance(action, Tell) for action in actions):
            self._seen[namespace] = replace(self._seen[namespace], told=self._clock())
        return actions

    def _facts(self, known: NamespaceRecord) -> LimitsFacts:
        policy, settings = self._view.rules.policy, self._view.settings(known.name)
        found = self._limits.of(known.name) if self._limits.watched else self._limits.read(known.name)
        now, seen = self._clock(), self._seen.get(known.name)
        if seen is None or seen.uid != known.uid:
            seen = _Seen(known.uid, frozenset(), now)
        remind = now - seen.told >= _REMIND_SECONDS
        facts = LimitsFacts(known, settings, found, policy.contact, seen.kinds - found.ours, remind)
        self._seen[known.name] = replace(seen, kinds=facts.wished & (seen.kinds | found.ours))
        return facts


class LimitsCase:
    """The limits of one namespace."""

    def __init__(self, limits: Limits, namespace: str) -> None:
        self._limits, self._namespace = limits, namespace

    def decide(self, _outcomes: Outcomes) -> Actions:
        """See `Case`."""
        return self._limits.decide(self._namespace)
