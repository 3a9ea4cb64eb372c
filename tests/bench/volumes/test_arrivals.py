"""Arrivals at a fixed rate, and what they had to wait."""

import threading
import time

import pytest

from bench.volumes.arrivals import Waits, arrive


def test_what_is_slow_does_not_hold_up_what_is_due() -> None:
    held, released = threading.Event(), threading.Event()
    made: list[str] = []

    def make(name: str) -> None:
        if name == "first":
            held.set()
            released.wait()
        made.append(name)
        if len(made) == 3:
            released.set()

    due = arrive(make, ["first", "second", "third", "fourth"], rate=1000)

    assert held.is_set()
    assert made[-1] == "first"
    assert [round(moment - due["first"], 6) for moment in due.values()] == [0, 0.001, 0.002, 0.003]


def test_nothing_is_made_before_it_is_due() -> None:
    made: dict[str, float] = {}

    due = arrive(lambda name: made.setdefault(name, time.time()), ["a", "b", "c"], rate=100)

    assert all(made[name] >= moment for name, moment in due.items())


def test_what_cannot_be_made_is_an_error() -> None:
    def make(name: str) -> None:
        raise ValueError(name)

    with pytest.raises(ValueError, match="a"):
        arrive(make, ["a"], rate=100)


@pytest.mark.parametrize(
    ("percent", "wait"),
    [
        pytest.param(50, 50, id="half"),
        pytest.param(99, 99, id="all but one in a hundred"),
        pytest.param(99.5, 100, id="the nearest rank"),
        pytest.param(100, 100, id="all"),
    ],
)
def test_a_percentile_is_what_so_many_did_not_exceed(percent: float, wait: float) -> None:
    due = {str(number): 1000.0 for number in range(1, 101)}
    served = {name: 1000.0 + int(name) for name in due}

    assert Waits.between(due, served).percentile(percent) == wait


def test_waits_are_told_with_their_number() -> None:
    assert Waits((0.1, 0.2, 0.4)).spread() == "3 of them, p50 0.200, longest 0.400"
