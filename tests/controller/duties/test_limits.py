"""How one process keeps the limits of many namespaces: in turns, and with a memory of what was there."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from controller.decisions.actions import LookAgain, Tell, WriteLimits
from controller.duties.cases.limits import NAMESPACES_PER_SECOND, Limits
from controller.observed.limits import FoundLimits, limits_record
from controller.observed.records import NamespaceRecord
from controller.rules import Rules
from controller.told import REPEAT_AFTER
from policy import keys
from policy.load import load_policy
from policy.profiles import NamespaceSettings, settings_for
from policy.quotas import storage_of

POLICY = load_policy("profiles: [{name: default, storageClassName: nfs, quota: {storage: 10Gi}}]", "policy.yaml")
NOTHING = FoundLimits(None, None)


@dataclass
class Cluster:
    """What the watches show: namespaces and what limits them."""

    namespaces: dict[str, NamespaceRecord] = field(default_factory=dict)
    found: dict[str, FoundLimits] = field(default_factory=dict)
    rules: Rules = field(default_factory=lambda: Rules(POLICY))
    informers: tuple[str, ...] = ("quotas", "ranges")
    watched: bool = True
    now: float = 0.0

    def opt_in(self, name: str, uid: str = "1") -> None:
        self.namespaces[name] = NamespaceRecord(name, uid, {keys.INJECT: keys.INJECT_ENABLED})

    def namespace(self, name: str) -> NamespaceRecord | None:
        return self.namespaces.get(name)

    def settings(self, name: str) -> NamespaceSettings | None:
        known = self.namespaces.get(name)
        return settings_for(POLICY, name, known.labels) if known else None

    def of(self, name: str) -> FoundLimits:
        return self.found.get(name, NOTHING)

    def write(self, actions: Any, used: str = "0") -> None:
        """Have what is written be seen, and so much counted by the quota."""
        for action in actions:
            if isinstance(action, WriteLimits):
                status = {"hard": action.wanted["spec"]["hard"], "used": {storage_of("nfs"): used}}
                self.found[action.about.name] = FoundLimits(limits_record({**action.wanted, "status": status}), None)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def limits(cluster: Cluster) -> Limits:
    known: Any = cluster
    return Limits(known, known, lambda: cluster.now)


def reasons(actions: Any) -> list[str]:
    return [action.reason for action in actions if isinstance(action, Tell)]


def test_many_namespaces_are_written_one_after_another(cluster: Cluster, limits: Limits) -> None:
    names = [f"team-{number}" for number in range(1000)]
    for name in names:
        cluster.opt_in(name)
    first, *others = [limits.decide(name) for name in names]
    assert any(isinstance(action, WriteLimits) for action in first)
    waits = [action.after for (action,) in others if isinstance(action, LookAgain)]
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(999 / NAMESPACES_PER_SECOND)
    turn = 300
    cluster.now = (turn + 0.5) / NAMESPACES_PER_SECOND
    assert len(limits.decide(f"team-{turn}")) > 1
    assert len(limits.decide(f"team-{turn + 1}")) == 1


def test_where_nothing_differs_nobody_waits(cluster: Cluster, limits: Limits) -> None:
    for name in ("a", "b"):
        cluster.opt_in(name)
        cluster.write(limits.decide(name))
        cluster.now += 1
    assert [limits.decide(name) for name in ("a", "b", "a")] == [(), (), ()]


def test_what_was_written_is_not_written_again_before_the_watch_can_have_brought_it(
    cluster: Cluster, limits: Limits
) -> None:
    cluster.opt_in("a")
    limits.decide("a")
    cluster.now += 0.1
    (again,) = limits.decide("a")
    assert isinstance(again, LookAgain)


def test_what_was_there_and_is_not_any_more_is_missed(cluster: Cluster, limits: Limits) -> None:
    cluster.opt_in("a")
    cluster.write(limits.decide("a"))
    assert limits.decide("a") == ()
    del cluster.found["a"]
    cluster.now += 1
    assert reasons(limits.decide("a")) == ["LimitsPutBack"]


def test_nothing_is_missed_in_a_namespace_that_was_made_anew(cluster: Cluster, limits: Limits) -> None:
    cluster.opt_in("a")
    cluster.write(limits.decide("a"))
    assert limits.decide("a") == ()
    cluster.found.clear()
    cluster.now += 1
    cluster.opt_in("a", uid="2")
    assert reasons(limits.decide("a")) == ["LimitsSet"]


@pytest.fixture
def nearly_used(cluster: Cluster, limits: Limits) -> Limits:
    """The limits of namespace `a`, which has just been told that its quota is nearly used up."""
    cluster.opt_in("a")
    cluster.write(limits.decide("a"), "9Gi")
    cluster.now += 1
    told = limits.decide("a")
    assert reasons(told) == ["QuotaNearlyUsed"]
    cluster.write(told, "9Gi")
    return limits


def test_a_namespace_near_its_quota_is_reminded_well_before_its_events_end(
    cluster: Cluster, nearly_used: Limits
) -> None:
    reminded = []
    for _ in range(4 * 60):
        cluster.now += 60
        reminded += [cluster.now] if nearly_used.decide("a") else []
    gaps = [later - earlier for earlier, later in pairwise([1.0, *reminded])]
    assert min(gaps) >= REPEAT_AFTER
    assert max(gaps) < 1800


def test_another_process_waits_as_long_before_it_reminds_anybody(cluster: Cluster, nearly_used: Limits) -> None:
    known: Any = cluster
    cluster.now += 1000
    following = Limits(known, known, lambda: cluster.now)
    assert following.decide("a") == ()
    cluster.now += 1000
    assert reasons(following.decide("a")) == ["QuotaNearlyUsed"]


def test_a_namespace_that_is_gone_is_forgotten(cluster: Cluster, limits: Limits) -> None:
    cluster.opt_in("a")
    cluster.write(limits.decide("a"))
    cluster.namespaces.clear()
    cluster.found.clear()
    assert limits.wanted("a")
    assert limits.decide("a") == ()
    assert not limits.wanted("a")


def test_nothing_is_decided_before_all_is_listed(cluster: Cluster, limits: Limits) -> None:
    cluster.opt_in("a")
    cluster.watched = False
    (again,) = limits.decide("a")
    assert isinstance(again, LookAgain)
