"""What is decided without looking at anything: order, ages, links, the pace, and whose turn it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.export.measuring.ageing import is_due
from controller.export.measuring.counted import Counted
from controller.export.measuring.entries import Folder, Link
from controller.export.measuring.links import How, LinkedFiles, LinkTally
from controller.export.measuring.pacing import Limits, Pace
from controller.export.measuring.schedule import Schedule
from controller.export.measuring.sorting import Sorted
from controller.export.measuring.turns import Turns
from controller.export.measuring.volume import Result
from controller.export.outcomes import Disturbed, ExportState, Measured, Missing, Unavailable
from controller.export.requests import Measure
from policy.measuring import Measuring as Settings

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
FULL_EVERY = 24 * HOUR


@given(st.lists(st.binary(max_size=300)), st.integers(1, 5))
def test_byte_strings_come_out_in_order_however_few_of_them_are_held(items: list[bytes], held: int) -> None:
    ordered = Sorted(held)
    for item in items:
        ordered.add(item)

    assert len(ordered) == len(items)
    assert list(ordered) == sorted(items)


def test_long_runs_come_out_in_order() -> None:
    ordered = Sorted(1000)
    for number in range(10_000):
        ordered.add(f"{number * 7919 % 10_000:06}".encode() * 5)

    assert list(ordered) == [f"{number:06}".encode() * 5 for number in range(10_000)]


def folder(looked: int, newest: int) -> Folder:
    return Folder(1, b"x", 1, newest, looked, newest, 0, 0, 0)


@pytest.mark.parametrize(
    ("rested", "since", "due"),
    [
        pytest.param(HOUR, HOUR // 2, False, id="it had rested for an hour, half an hour ago"),
        pytest.param(HOUR, HOUR, True, id="it had rested for an hour, an hour ago"),
        pytest.param(1000 * HOUR, 23 * HOUR, False, id="it had rested for weeks, and a day is not over"),
        pytest.param(1000 * HOUR, 24 * HOUR, True, id="it had rested for weeks, and a day is over"),
        pytest.param(SECOND, 1, True, id="it was just being changed"),
        pytest.param(0, 0, True, id="it was changed in that very moment"),
        pytest.param(-HOUR, SECOND, True, id="the export's clock is ahead"),
        pytest.param(HOUR, -SECOND, True, id="our own clock was put back"),
    ],
)
def test_a_directory_is_looked_at_again_after_as_long_as_it_had_rested(rested: int, since: int, due: bool) -> None:
    looked = 1_000_000 * HOUR

    assert is_due(folder(looked, looked - rested), looked + since, FULL_EVERY) is due


def tally(*known: tuple[Link, int, How]) -> LinkedFiles:
    links = LinkTally()
    for link, looked, how in known:
        links.add((link,), looked, how)
    return links.total()


@pytest.mark.parametrize(
    ("known", "total"),
    [
        pytest.param([], LinkedFiles(), id="none"),
        pytest.param(
            [(Link(1, 8, 2), 1, How.SEEN), (Link(1, 8, 2), 1, How.SEEN)], LinkedFiles(8, 1), id="both names seen"
        ),
        pytest.param(
            [(Link(1, 8, 2), 1, How.KEPT), (Link(1, 80, 2), 2, How.SEEN)],
            LinkedFiles(80, 1),
            id="it has grown since one was seen",
        ),
        pytest.param(
            [(Link(1, 80, 2), 2, How.KEPT), (Link(1, 8, 2), 1, How.KEPT)],
            LinkedFiles(80, 1),
            id="in any order",
        ),
        pytest.param([(Link(1, 8, 2), 1, How.SEEN)], LinkedFiles(8, 1, surprising=True), id="where is the other"),
        pytest.param(
            [(Link(1, 8, 2), 1, How.SEEN), (Link(1, 8, 2), 0, How.PAST)], LinkedFiles(8, 1), id="it was known before"
        ),
        pytest.param([(Link(1, 8, 2), 0, How.PAST)], LinkedFiles(), id="gone"),
        pytest.param([(Link(1, 8, 2), 1, How.KEPT), (Link(2, 16, 2), 1, How.KEPT)], LinkedFiles(24, 2), id="two files"),
    ],
)
def test_a_file_with_several_names_counts_once_as_it_was_seen_last(
    known: list[tuple[Link, int, How]], total: LinkedFiles
) -> None:
    assert tally(*known) == total


work = st.lists(st.tuples(st.integers(1, 500), st.floats(0, 0.5), st.floats(0, 0.5)), min_size=1, max_size=30)


@given(work, st.floats(0.01, 4), st.integers(1, 100_000))
def test_whoever_rests_as_told_keeps_both_limits(
    done: list[tuple[int, float, float]], share: float, operations: int
) -> None:
    limits, now = Limits(share, operations), 100.0
    pace = Pace(now)
    for count, processor, waited in done:
        now += processor + waited
        now += pace.rest(limits, now, count, processor)

    took = now - 100.0 + 0.1 + 1e-6  # what may be made up for, and the arithmetic of floats
    assert took >= sum(count for count, _, _ in done) / operations
    assert took >= sum(processor for _, processor, _ in done) / share


def test_waiting_for_the_export_is_rest_enough() -> None:
    pace = Pace(0.0)

    assert pace.rest(Limits(0.5, 1000), now=10.0, operations=50, processor=0.01) == 0.0


def test_what_was_not_used_long_ago_is_no_credit() -> None:
    pace = Pace(0.0)

    assert pace.rest(Limits(1.0, 100), now=3600.0, operations=1000, processor=0.0) > 9.0


def test_two_processes_share_the_limits() -> None:
    assert Limits(0.5, 2000).split(2) == Limits(0.25, 1000)


def volume(number: int) -> Measure:
    return Measure(f"pv-{number}", f"uid-{number}", ("team-a", str(number)))


FIGURES = Measured(4096, 1, datetime(2026, 11, 23, tzinfo=UTC))
LATER = replace(FIGURES, bytes=8192)


@pytest.fixture
def schedule() -> Schedule:
    return Schedule()


def test_whoever_is_asked_for_comes_when_it_is_due(schedule: Schedule) -> None:
    assert schedule.ask(volume(1), due=60) is None
    assert schedule.ask(volume(1), due=90) is None
    assert schedule.take(now=59) is None
    assert schedule.take(now=60) == volume(1)
    assert schedule.take(now=60) is None
    assert schedule.finish("uid-1", FIGURES, due=600) == "pv-1"
    assert schedule.ask(volume(1), due=1) == FIGURES
    assert schedule.seconds_to_next(now=100) == 500
    assert schedule.take(now=599) is None
    assert schedule.take(now=600) == volume(1)


@pytest.mark.parametrize(
    ("every", "first"), [pytest.param("10s", 1, id="a tenth of the usual time"), pytest.param("6h", 60, id="a minute")]
)
def test_the_first_turn_comes_soon_but_not_at_once(every: str, first: int) -> None:
    now = [0.0]
    turns = Turns(lambda: Settings(every=every), lambda: now[0])

    assert turns.ask(volume(1)) is None
    now[0] = first - 0.01
    assert turns.take(0) is None
    now[0] = first + 0.01
    order = turns.take(0)
    assert order is not None
    assert order.volume_uid == "uid-1"


def test_who_has_waited_longest_comes_first(schedule: Schedule) -> None:
    for number in (3, 1, 2):
        schedule.ask(volume(number), due=number)

    assert [schedule.take(now=10) for _ in range(4)] == [volume(1), volume(2), volume(3), None]


def test_a_volume_that_nobody_asks_for_any_more_falls_off(schedule: Schedule) -> None:
    schedule.ask(volume(1), due=0)
    for turn in range(2):
        assert schedule.take(now=turn) == volume(1)
        schedule.finish("uid-1", FIGURES, due=turn + 1)

    assert schedule.take(now=10) is None
    assert schedule.seconds_to_next(now=10) is None
    assert schedule.ask(volume(1), due=11) is None


def test_a_volume_that_moves_is_looked_for_where_it_is_now(schedule: Schedule) -> None:
    schedule.ask(volume(1), due=0)
    moved = replace(volume(1), segments=("elsewhere",))
    schedule.ask(moved, due=0)

    assert schedule.take(now=0) == moved


@pytest.mark.parametrize(
    ("result", "news", "stands"),
    [
        pytest.param(LATER, "pv-1", LATER, id="newer figures"),
        pytest.param(FIGURES, None, FIGURES, id="the same again"),
        pytest.param(Missing(), "pv-1", Missing(), id="it is gone"),
        pytest.param(Unavailable(ExportState.HANGING, "x"), None, FIGURES, id="the export is away"),
        pytest.param(Disturbed("x"), None, FIGURES, id="it was disturbed"),
        pytest.param(None, None, FIGURES, id="nothing came of it"),
    ],
)
def test_figures_stand_until_there_are_newer_ones(
    schedule: Schedule, result: Measured, news: str | None, stands: Measured
) -> None:
    schedule.ask(volume(1), due=0)
    schedule.take(now=0)
    schedule.finish("uid-1", FIGURES, due=1)
    schedule.take(now=1)

    assert schedule.finish("uid-1", result, due=2) == news
    assert schedule.ask(volume(1), due=2) == stands


class BesideQuota:
    """A volume whose quota counts no files: `says` is what it says now. It was walked through once, and had 7 files."""

    def __init__(self) -> None:
        self.clock = 0.0
        self.says: Counted | None = Counted(5000, FIGURES.at)
        self.told: list[str] = []
        self.turns = Turns(Settings, lambda: self.clock, longest=0.0)
        self.turns.from_quota = lambda _uid, _segments: self.says
        self.turns.listeners.append(self.told.append)
        self.turns.ask(volume(1))
        assert self.is_walked()
        assert self.figures is None
        self.walked(files=7)

    @property
    def figures(self) -> Result | None:
        return self.turns.ask(volume(1))

    def is_walked(self) -> bool:
        """Whether the turn that is due now is a walk."""
        return self.turns.take(0) is not None

    def walked(self, files: int) -> None:
        self.turns.finish("uid-1", replace(FIGURES, bytes=1, files=files))

    def goes_on(self, says: int, after: timedelta = timedelta(minutes=10)) -> Counted:
        """Time goes by, somebody still asks, and the quota says so many bytes."""
        self.turns.ask(volume(1))
        self.clock += after.total_seconds()
        assert self.says is not None
        self.says = Counted(says, self.says.at + after)
        return self.says


@pytest.fixture
def beside() -> BesideQuota:
    return BesideQuota()


def test_a_quota_that_counts_no_files_is_told_with_those_of_the_walk(beside: BesideQuota) -> None:
    assert beside.figures == Measured(5000, 7, FIGURES.at)
    assert beside.told == ["pv-1"]


def test_where_the_quota_says_the_same_nobody_walks(beside: BesideQuota) -> None:
    now = beside.goes_on(says=5000)

    assert not beside.is_walked()
    assert beside.figures == now.with_files(7)


def test_where_it_says_something_else_files_are_counted_again_and_told_with_it(beside: BesideQuota) -> None:
    now = beside.goes_on(says=6000)

    assert beside.is_walked()
    assert beside.told == ["pv-1"]
    beside.walked(files=8)
    assert beside.figures == now.with_files(8)
    assert beside.told == ["pv-1", "pv-1"]


def test_files_are_counted_again_where_the_last_walk_is_old(beside: BesideQuota) -> None:
    for _ in range(3):
        beside.goes_on(says=5000, after=timedelta(hours=7))
        assert not beside.is_walked()

    beside.goes_on(says=5000, after=timedelta(hours=7))
    assert beside.is_walked()


@pytest.mark.parametrize("result", [None, Disturbed("x")], ids=["it was ended", "it was disturbed"])
def test_after_a_walk_that_comes_to_nothing_bytes_are_told_all_the_same_and_files_counted_again(
    beside: BesideQuota, result: Disturbed | None
) -> None:
    now = beside.goes_on(says=6000)
    assert beside.is_walked()
    beside.turns.finish("uid-1", result)

    assert beside.figures == now.with_files(7)
    beside.goes_on(says=6000)
    assert beside.is_walked()


def test_of_a_directory_that_is_gone_no_quota_tells(beside: BesideQuota) -> None:
    beside.goes_on(says=6000)
    assert beside.is_walked()
    beside.turns.finish("uid-1", Missing())

    assert beside.figures == Missing()


def test_a_quota_that_has_lost_count_leaves_all_to_the_walk(beside: BesideQuota) -> None:
    beside.goes_on(says=6000)
    beside.says = None

    assert beside.is_walked()
    beside.walked(files=8)
    assert beside.figures == Measured(1, 8, FIGURES.at)
