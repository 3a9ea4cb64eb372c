"""How one process gives gids: all that wait by one write, and none before it can have seen the last."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from controller.decisions.actions import LookAgain, RecordGids, TryAgain
from controller.duties.cases.gids import Gids
from controller.observed.records import NamespaceRecord
from controller.rules import Rules
from kube.events import ObjectReference
from policy import keys
from policy.gids import Ledger, holder_of
from policy.load import load_policy
from policy.profiles import NamespaceSettings, settings_for

CLAIM = ObjectReference("v1", "PersistentVolumeClaim", "data", "team-a", "uid")
NOW = datetime(2026, 3, 31, tzinfo=UTC)
OWN_GIDS = "exports: [{server: s, path: /a, directories: {gid: auto}}]"
FIXED_GIDS = "exports: [{server: s, path: /a, directories: {gid: 0}}]"
REST = "gidRange: {from: 5, to: 999}\nprofiles: [{name: default, storageClassName: nfs}]"


@dataclass
class Cluster:
    """What the watches show: namespaces and the ledger."""

    known: dict[str, NamespaceRecord] = field(default_factory=dict)
    gids: Ledger = field(default_factory=Ledger)
    rules: Rules = field(default_factory=lambda: Rules(load_policy(f"{OWN_GIDS}\n{REST}", "policy.yaml")))
    now: float = 0.0
    looks: int = 0

    def make(self, *names: str, opted_in: bool = True) -> None:
        labels = {keys.INJECT: keys.INJECT_ENABLED} if opted_in else {}
        self.known |= {name: NamespaceRecord(name, "u", labels) for name in names}

    def namespace(self, name: str) -> NamespaceRecord | None:
        return self.known.get(name)

    def namespaces(self) -> list[NamespaceRecord]:
        self.looks += 1
        return list(self.known.values())

    def settings(self, name: str) -> NamespaceSettings | None:
        return settings_for(self.rules.policy, name, self.known[name].labels)

    def gid(self, name: str) -> int | None:
        return self.gids.gid_of(name, self.known[name].uid)

    def see(self, *names: str) -> None:
        """Have the watch bring a ledger with these."""
        held = {gid: holder_of(name, "u") for gid, name in enumerate(names, 5)}
        self.gids = Ledger(held, version=f"{self.gids.version}x")


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def gids(cluster: Cluster) -> Gids:
    view: Any = cluster
    return Gids(view, lambda: NOW, lambda: cluster.now)


def given(actions: Any) -> list[str]:
    """The namespaces that a write gives a gid."""
    return [holder.split()[0] for each in actions if isinstance(each, RecordGids) for _, holder in each.entries]


def test_whoever_comes_first_writes_for_all_that_wait(cluster: Cluster, gids: Gids) -> None:
    cluster.make("team-a", "team-b", "team-c")
    cluster.make("others", opted_in=False)
    assert given(gids.assign(CLAIM, "team-b")) == ["team-b", "team-a", "team-c"]


def test_namespaces_that_are_not_opted_in_wait_once_something_in_them_needs_a_gid(cluster: Cluster, gids: Gids) -> None:
    cluster.make("one", "two", "three", opted_in=False)
    assert given(gids.assign(CLAIM, "one")) == ["one"]
    gids.assign(CLAIM, "two")
    cluster.see("one")
    assert given(gids.assign(CLAIM, "three")) == ["three", "two"]


def test_where_directories_have_a_fixed_group_only_those_wait_that_ask(cluster: Cluster, gids: Gids) -> None:
    cluster.rules = Rules(load_policy(f"{FIXED_GIDS}\n{REST}", "policy.yaml"))
    cluster.make("team-a", "team-b")
    assert not gids.lacks("team-a")
    assert given(gids.assign(CLAIM, "team-b")) == ["team-b"]


def test_a_gid_that_came_since_it_was_missed_is_not_followed_by_a_second(cluster: Cluster, gids: Gids) -> None:
    cluster.make("team-a", "team-b")
    cluster.see("team-a")
    assert gids.assign(CLAIM, "team-a") == (LookAgain(0.0),)


def test_nothing_is_written_again_before_the_watch_can_have_brought_it(cluster: Cluster, gids: Gids) -> None:
    cluster.make("team-a", "team-b")
    assert given(gids.assign(CLAIM, "team-a"))
    (again,) = gids.assign(CLAIM, "team-b")
    assert isinstance(again, TryAgain)
    cluster.see("team-a")
    assert given(gids.assign(CLAIM, "team-b")) == ["team-b"]


def test_nobody_looks_for_all_that_wait_before_there_can_be_a_write(cluster: Cluster, gids: Gids) -> None:
    cluster.make("team-a", "team-b")
    gids.assign(CLAIM, "team-a")
    gids.assign(CLAIM, "team-b")
    assert cluster.looks == 1


def test_a_write_that_came_to_nothing_is_tried_again(cluster: Cluster, gids: Gids) -> None:
    cluster.make("team-a")
    assert given(gids.assign(CLAIM, "team-a"))
    cluster.now += 1.0
    assert given(gids.assign(CLAIM, "team-a")) == ["team-a"]


def test_who_has_one_waits_no_more(cluster: Cluster, gids: Gids) -> None:
    cluster.make("team-a", "team-b")
    assert gids.lacks("team-a")
    cluster.see("team-a")
    assert not gids.lacks("team-a")
    assert [each.name for each in gids.waiting(cluster.gids).values()] == ["team-b"]
    assert not gids.lacks("gone")


def test_a_namespace_that_is_not_known_yet_is_waited_for(gids: Gids) -> None:
    (again,) = gids.assign(CLAIM, "team-a")
    assert again == TryAgain("namespace team-a is not known yet")
