"""What is remembered of use: told once, left well below, and not written again for nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.decisions.usage.record import Yardstick, next_record
from controller.export.outcomes import Measured
from controller.observed.usage import Recorded

NOW = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)
SIZE = 10_000


def figure(used: int, files: int = 100, after: timedelta = timedelta()) -> Measured:
    return Measured(used, files, NOW + after)


def against(*thresholds: int, size: int = SIZE, over_quota: str = "readOnly") -> Yardstick:
    return Yardstick(size, thresholds or (80, 100), over_quota)


def recorded(used: int, threshold: int = 0, over: str = "", files: int = 100) -> Recorded:
    return Recorded(used, files, NOW, threshold, over)


@pytest.mark.parametrize(
    ("before", "used", "threshold", "over"),
    [
        pytest.param(None, 7999, 0, "", id="below all"),
        pytest.param(None, 8000, 80, "", id="a threshold is reached"),
        pytest.param(None, 10_000, 100, "", id="full is not over"),
        pytest.param(None, 10_001, 100, "readOnly", id="over"),
        pytest.param(recorded(8000, 80), 7600, 80, "", id="a little below a threshold it still counts"),
        pytest.param(recorded(8000, 80), 7599, 0, "", id="well below it is left"),
        pytest.param(recorded(7000), 7999, 0, "", id="a threshold that was not reached does not count below it"),
        pytest.param(recorded(10_001, 100, "readOnly"), 9500, 100, "readOnly", id="a little below the size it is over"),
        pytest.param(recorded(10_001, 100, "readOnly"), 9499, 80, "", id="well below the size it ends"),
        pytest.param(recorded(10_001, 100, "readOnly"), 100, 0, "", id="nearly emptied"),
        pytest.param(recorded(9600, 100, "warn"), 9600, 100, "readOnly", id="the profile has something else follow"),
        pytest.param(recorded(9600), 9600, 80, "", id="close to the size it never was over"),
        pytest.param(recorded(9000, 90), 9000, 80, "", id="thresholds that the policy no longer has"),
    ],
)
def test_thresholds_and_being_over_are_left_well_below(
    before: Recorded | None, used: int, threshold: int, over: str
) -> None:
    now = next_record(before, figure(used), against())
    assert (now.threshold, now.over) == (threshold, over)


def test_without_thresholds_only_being_over_counts() -> None:
    now = next_record(None, figure(10_001), Yardstick(SIZE, (), "block"))
    assert (now.threshold, now.over) == (0, "block")


def test_a_larger_size_ends_it() -> None:
    now = next_record(recorded(10_001, 100, "block"), figure(10_001), against(size=2 * SIZE, over_quota="block"))
    assert (now.threshold, now.over) == (0, "")


@pytest.mark.parametrize(
    ("now", "written"),
    [
        pytest.param(figure(5000, after=timedelta(days=30)), False, id="nothing changed for a month"),
        pytest.param(figure(5099), False, id="less than a percent of the size"),
        pytest.param(figure(5100), True, id="a percent of the size"),
        pytest.param(figure(4900), True, id="a percent less"),
        pytest.param(figure(5000, 109), False, id="a few files more"),
        pytest.param(figure(5000, 110), True, id="a tenth of the files"),
        pytest.param(figure(5001, after=timedelta(hours=5)), False, id="a byte, and some hours"),
        pytest.param(figure(5001, after=timedelta(hours=6)), True, id="a byte, and many hours"),
        pytest.param(figure(5000, 101, timedelta(hours=6)), True, id="a file, and many hours"),
    ],
)
def test_only_what_is_news_is_written(now: Measured, written: bool) -> None:
    before = recorded(5000)
    after = next_record(before, now, against())
    assert (after is not before) is written
    if written:
        assert (after.bytes, after.files, after.at) == (now.bytes, now.files, now.at)


def test_a_handful_of_files_is_not_counted_one_by_one() -> None:
    before = recorded(5000, files=3)
    assert next_record(before, figure(5000, 9), against()) is before


uses = st.integers(0, 2 * SIZE)
thresholds = st.lists(st.integers(1, 200), unique=True, max_size=5).map(lambda each: tuple(sorted(each)))


def lived(yardstick: Yardstick, history: Sequence[int]) -> list[Recorded]:
    records: list[Recorded] = []
    for used in history:
        records.append(next_record(records[-1] if records else None, figure(used), yardstick))
    return records


@given(thresholds, st.lists(uses, min_size=1, max_size=20))
def test_the_same_figure_again_changes_nothing(levels: tuple[int, ...], history: list[int]) -> None:
    yardstick = Yardstick(SIZE, levels, "block")
    last = lived(yardstick, history)[-1]
    assert next_record(last, figure(history[-1]), yardstick) is last


@given(thresholds, st.lists(st.integers(0, 4), min_size=1, max_size=40), uses)
def test_use_that_goes_up_and_down_by_a_little_is_told_once(
    levels: tuple[int, ...], steps: list[int], around: int
) -> None:
    """Within four percent of any point, each threshold is told once at most, and being over begins at most once."""
    yardstick = Yardstick(SIZE, levels, "readOnly")
    records = lived(yardstick, [around + around * step // 100 for step in steps])
    told = [now.threshold for before, now in zip([recorded(0), *records], records, strict=False) if _rises(before, now)]
    begun = [now for before, now in zip([recorded(0), *records], records, strict=False) if now.over and not before.over]
    assert len(told) == len(set(told))
    assert len(begun) <= 1


def _rises(before: Recorded, now: Recorded) -> bool:
    return now.threshold > before.threshold


@given(thresholds, st.lists(uses, min_size=1, max_size=20))
def test_what_is_reached_counts_and_what_is_well_left_does_not(levels: tuple[int, ...], history: list[int]) -> None:
    yardstick = Yardstick(SIZE, levels, "readOnly")
    for used, now in zip(history, lived(yardstick, history), strict=True):
        reached = [each for each in levels if used * 100 >= each * SIZE]
        held = [each for each in levels if used * 10_000 >= each * 95 * SIZE]
        assert max(reached, default=0) <= now.threshold <= max(held, default=0)
        assert bool(now.over) >= (used > SIZE)
        assert bool(now.over) <= (used * 100 >= 95 * SIZE)
