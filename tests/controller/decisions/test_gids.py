"""Which namespace gets which gid. The property: however namespaces come and go, and whoever else writes the ledger at
the same moment, no two living ones ever have the same.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from controller.decisions.actions import LookAgain, RecordGids, Tell, TryAgain
from controller.decisions.gids import AT_ONCE, SEEN_SECONDS, assign_gid, assign_gids, retire_gids, tell_damage
from controller.decisions.giving import GidFacts, GidRefused, Giving
from kube.events import ObjectReference
from policy.gids import Holder, Ledger, read_ledger
from policy.model import GidRange

TODAY = date(2026, 3, 31)
ABOUT = ObjectReference("v1", "PersistentVolumeClaim", "data", "team-a", "uid")
LEDGER = ObjectReference("v1", "ConfigMap", "nfs-steward-gids", "nfs-steward")
TEAM = Holder("team-a", "a")


def given(first: int, last: int) -> GidRange:
    return GidRange.model_validate({"from": first, "to": last})


def gone(days: int, namespace: str = "former") -> Holder:
    """A namespace that has been gone for so many days."""
    return Holder(namespace, "f", TODAY - timedelta(days=days))


def facts(holders: dict[int, Holder] | None = None, gids: GidRange | None = None, **ledger: object) -> GidFacts:
    return GidFacts(Ledger(holders or {}, version="7", **ledger), gids or given(5, 7), TODAY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("holders", "gid"),
    [
        pytest.param({}, 5, id="the first of the range"),
        pytest.param({5: Holder("team-b", "b")}, 6, id="the first that is free"),
        pytest.param({5: Holder("team-a", "before")}, 6, id="not what an earlier namespace of its name has"),
        pytest.param({5: gone(1000)}, 6, id="a fresh one, however long another is free"),
        pytest.param({5: gone(40), 6: gone(50), 7: gone(45)}, 6, id="then the one that is free for longest"),
        pytest.param({5: gone(31), 6: gone(31), 7: gone(9)}, 5, id="of several the lowest"),
        pytest.param({6: Holder("team-a", "a", TODAY)}, 6, id="its own, when it is not gone after all"),
        pytest.param({900: Holder("team-a", "a", TODAY)}, 900, id="its own, also outside the range"),
    ],
)
def test_a_namespace_gets(holders: dict[int, Holder], gid: int) -> None:
    assert Giving(facts(holders)).gid(TEAM) == gid


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        pytest.param(facts({gid: Holder(f"t{gid}", "b") for gid in (5, 6, 7)}), r"gidRange \(5-7\)", id="exhausted"),
        pytest.param(facts({5: gone(30), 6: gone(0), 7: gone(-9)}), "for more than 30 days", id="all too fresh"),
        pytest.param(facts({5: gone(99)}, given(6, 6), withheld=frozenset({6})), "gidRange", id="one unreadable"),
        pytest.param(facts(unread_bytes=2_000_000), "as large as it can be", id="full"),
        pytest.param(GidFacts(Ledger(), None, TODAY), "no gidRange", id="no range"),
    ],
)
def test_no_gid_is_left_and_whoever_needs_one_reads_why(refused: GidFacts, why: str) -> None:
    with pytest.raises(GidRefused, match=why):
        Giving(refused).gid(TEAM)

    told, again = assign_gid(ABOUT, TEAM, [], refused)
    assert isinstance(told, Tell)
    assert isinstance(again, TryAgain)
    assert (told.about, told.type, told.reason) == (ABOUT, "Warning", "GidNotAssigned")
    assert "team-a gets no gid of its own" in told.message


def test_a_full_ledger_gives_again_what_has_been_free_for_long() -> None:
    assert Giving(facts({5: gone(31)}, unread_bytes=2_000_000)).gid(TEAM) == 5


def test_a_gid_is_written_for_the_state_of_the_ledger_that_it_was_chosen_for() -> None:
    written = RecordGids(ABOUT, (("5", "team-a a"),), "7")
    assert assign_gid(ABOUT, TEAM, [], facts()) == (written, LookAgain(SEEN_SECONDS))


def test_one_write_gives_theirs_to_all_that_wait() -> None:
    others = [Holder(f"team-{number}", "x") for number in range(3)]
    written, _ = assign_gid(ABOUT, TEAM, others, facts({6: gone(9)}, given(5, 8)))
    assert written == RecordGids(ABOUT, (("5", "team-a a"), ("7", "team-0 x"), ("8", "team-1 x")), "7")


def test_one_write_gives_a_hundred_and_the_others_come_next() -> None:
    waiting = {Holder(f"team-{number}", "x"): ABOUT for number in range(AT_ONCE + 50)}
    for actions in (
        assign_gids(LEDGER, waiting, facts(gids=given(5, 999))),
        assign_gid(LEDGER, TEAM, waiting, facts(gids=given(5, 999))),
    ):
        written, again = actions
        assert isinstance(written, RecordGids)
        assert len(dict(written.entries)) == AT_ONCE
        assert again == LookAgain(SEEN_SECONDS)


def test_of_too_many_that_wait_each_that_gets_none_is_told() -> None:
    waiting = {Holder(name, "x"): replace(ABOUT, name=name) for name in ("team-a", "team-b", "team-c")}
    written, told, again = assign_gids(LEDGER, waiting, facts(gids=given(5, 6)))
    assert written == RecordGids(LEDGER, (("5", "team-a x"), ("6", "team-b x")), "7")
    assert isinstance(told, Tell)
    assert (told.about, told.reason) == (waiting[Holder("team-c", "x")], "GidNotAssigned")
    assert isinstance(again, TryAgain)


def test_where_nobody_waits_nothing_is_left_to_do() -> None:
    assert assign_gids(LEDGER, {}, facts()) == ()
    assert assign_gids(LEDGER, {TEAM: ABOUT}, facts()) == (RecordGids(LEDGER, (("5", "team-a a"),), "7"),)


SOME = st.builds(Holder, st.sampled_from(["a", "b", "c", "long" * 15]), st.just("u"))
DAYS = st.none() | st.sampled_from([0, 29, 31, 90]).map(lambda days: TODAY - timedelta(days=days))


@drawn(
    holders=st.dictionaries(st.integers(3, 9), st.builds(lambda who, day: replace(who, gone=day), SOME, DAYS)),
    tenants=st.lists(SOME, unique=True),
    gids=st.tuples(st.integers(3, 9), st.integers(0, 5)),
    room=st.integers(0, 300),
)
def test_many_at_once_get_what_they_would_get_one_after_another(
    holders: dict[int, Holder], tenants: list[Holder], gids: tuple[int, int], room: int
) -> None:
    ledger = Ledger(holders)
    ledger = replace(ledger, unread_bytes=ledger.room - room)
    now = GidFacts(ledger, given(gids[0], sum(gids)), TODAY)
    waiting = [each for each in tenants if each not in ledger.living]
    at_once = Giving(now)
    for tenant in waiting:
        gid = gid_or_none(Giving(now), tenant)
        assert gid_or_none(at_once, tenant) == gid
        if gid is not None:
            assert now.ledger.holders.get(gid, tenant).gone or gid not in now.ledger.holders
            now = replace(now, ledger=replace(now.ledger, holders={**now.ledger.holders, gid: tenant}))


def gid_or_none(giving: Giving, tenant: Holder) -> int | None:
    try:
        return giving.gid(tenant)
    except GidRefused:
        return None


def test_those_that_are_gone_are_marked_with_the_day() -> None:
    before = facts({5: TEAM, 6: Holder("team-b", "b"), 7: gone(3)})

    assert retire_gids(ABOUT, {TEAM}, before) == (RecordGids(ABOUT, (("5", "team-a a 2026-03-31"),), "7"),)
    assert retire_gids(ABOUT, set(), before) == ()


def test_very_many_that_are_gone_take_several_writes() -> None:
    holders = {gid: Holder(f"team-{gid}", "a") for gid in range(5, 400)}

    written, again = retire_gids(ABOUT, set(holders.values()), facts(holders))

    assert isinstance(written, RecordGids)
    assert len(written.entries) == 100
    assert again == LookAgain(SEEN_SECONDS)


def test_damage_is_told_once_for_all_and_cut() -> None:
    (told,) = tell_damage(ABOUT, Ledger(damage=tuple(f"entry {number}" for number in range(9))))

    assert told.reason == "GidLedgerDamaged"
    assert told.message.endswith("entry 4; and 4 more.")
    assert list(tell_damage(ABOUT, Ledger())) == []


@dataclass
class World:
    """The cluster's namespaces, and its ledger as the API server keeps it: a write counts for one version only."""

    namespaces: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    version: int = 1
    made: int = 0

    def ledger(self) -> Ledger:
        return read_ledger({"metadata": {"resourceVersion": str(self.version)}, "data": dict(self.data)})

    def write(self, effect: RecordGids) -> None:
        if effect.version == str(self.version):
            self.data |= dict(effect.entries)
            self.version += 1


NAMES = st.sampled_from(["a", "b", "c", "d"])
WRITERS = st.sampled_from(["first", "second", "third"])


class NamespacesComeAndGo(RuleBasedStateMachine):
    """Three controllers, each of which looks at one time and writes at another."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World({name: f"uid-of-{name}" for name in "abc"})
        self.today = TODAY
        self.range = given(5, 6)
        self.seen: dict[str, tuple[Ledger, dict[str, str]]] = {}
        self.owners: dict[int, tuple[Holder, date]] = {}
        self.by_hand: dict[str, str] = {}

    @rule(name=NAMES)
    def make(self, name: str) -> None:
        if name not in self.world.namespaces:
            self.world.made += 1
            self.world.namespaces[name] = f"uid-{self.world.made}"

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        self.world.namespaces.pop(name, None)

    @rule(days=st.sampled_from([1, 29, 31, 100]))
    def wait(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(first=st.integers(4, 8), many=st.integers(0, 4))
    def change_the_range(self, first: int, many: int) -> None:
        self.range = given(first, first + many)

    @rule(key=st.sampled_from(["5", "6", "notes"]), value=st.sampled_from(["", "nonsense", "zoe uid-zoe"]))
    def damage(self, key: str, value: str) -> None:
        if key not in self.world.data:
            self.world.data[key] = value
            self.world.version += 1
            self.by_hand |= {} if " " in value else {key: value}

    def _look(self, writer: str, afresh: bool) -> tuple[Ledger, dict[str, str]]:
        if afresh or writer not in self.seen:
            self.seen[writer] = (self.world.ledger(), dict(self.world.namespaces))
        return self.seen[writer]

    def _write(self, actions: tuple[object, ...]) -> None:
        for action in actions:
            if isinstance(action, RecordGids):
                self.world.write(action)

    @rule(writer=WRITERS, names=st.lists(NAMES, unique=True), alone=st.booleans(), afresh=st.booleans())
    def assign(self, writer: str, names: list[str], alone: bool, afresh: bool) -> None:
        """By a controller whose picture may be old: of the ledger, and of the namespaces. Either one needs its gid now,
        and the others wait, or all wait alike.
        """
        ledger, namespaces = self._look(writer, afresh)
        waiting = [Holder(name, namespaces[name]) for name in names if name in namespaces]
        waiting = [each for each in waiting if each not in ledger.living]
        now = GidFacts(ledger, self.range, self.today)
        if alone and waiting:
            self._write(assign_gid(ABOUT, waiting[0], waiting[1:], now))
        else:
            self._write(assign_gids(LEDGER, dict.fromkeys(waiting, ABOUT), now))

    @rule(writer=WRITERS, afresh=st.booleans())
    def retire(self, writer: str, afresh: bool) -> None:
        """Whether a namespace is gone is read afresh."""
        ledger, _ = self._look(writer, afresh)
        here = {Holder(name, uid) for name, uid in self.world.namespaces.items()}
        living = {each for each in ledger.holders.values() if each.gone is None}
        self._write(retire_gids(ABOUT, living - here, GidFacts(ledger, self.range, self.today)))

    @invariant()
    def no_two_living_namespaces_have_the_same_gid(self) -> None:
        ledger = self.world.ledger()
        gids = [ledger.gid_of(name, uid) for name, uid in self.world.namespaces.items()]
        known = [gid for gid in gids if gid is not None]
        assert len(known) == len(set(known))

    @invariant()
    def what_a_living_namespace_was_given_stays_its_own(self) -> None:
        ledger = self.world.ledger()
        for gid, holder in ledger.holders.items():
            here = replace(holder, gone=None)
            former, went = self.owners.get(gid, (here, self.today))
            if former != here:
                assert self.world.namespaces.get(former.namespace) != former.uid_mark
                assert self.today - went > timedelta(days=30)
            self.owners[gid] = here, holder.gone or self.today

    @invariant()
    def what_somebody_wrote_by_hand_stays(self) -> None:
        assert self.by_hand.items() <= self.world.data.items()


TestNamespacesComeAndGo = NamespacesComeAndGo.TestCase
TestNamespacesComeAndGo.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
