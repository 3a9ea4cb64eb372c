from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10m", 600), ("1h30m", 5400), ("720h", 2_592_000), ("90s", 90), ("1.5h", 5400), ("500ms", 0.5), ("1h0m1s", 3601)],
)
def test_durations_are_read_as_go_writes_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "10 m", "-10m", "m", "1d", "10m\n", "1e9h", "9" * 80 + "h", "\u0663m"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration such as"):
        parse_duration(text)


def test_no_time_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than nothing"):
        parse_duration("0h0s")


def test_the_longest_text_is_still_a_duration() -> None:
    assert parse_duration("999999999h" * 6) == timedelta(hours=6 * 999_999_999)


@given(st.integers(1, 10**12))
def test_a_duration_that_is_written_is_read_back(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(duration)) == duration
