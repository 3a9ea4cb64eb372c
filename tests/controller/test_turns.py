"""How fast many things may be done: whoever has to wait keeps its place, and nobody goes too early."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from controller.turns import Turns


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def test_one_goes_at_once_and_the_next_ones_each_a_little_later() -> None:
    turns = Turns(10, Clock())
    assert [round(turns.wait(key), 3) for key in "abcd"] == [0.0, 0.1, 0.2, 0.3]


def test_whoever_asks_again_has_kept_its_place() -> None:
    clock = Clock()
    turns = Turns(10, clock)
    for key in "abc":
        turns.wait(key)
    clock.now += 0.15
    assert [round(turns.wait(key), 3) for key in "cbd"] == [0.05, 0.0, 0.15]


def test_whoever_gives_up_does_not_come_back_to_an_old_place() -> None:
    clock = Clock()
    turns = Turns(10, clock)
    for key in "ab":
        turns.wait(key)
    turns.give_up("b")
    clock.now += 0.5
    assert [turns.wait("c"), round(turns.wait("b"), 3)] == [0.0, 0.1]


def test_a_turn_that_nobody_took_for_long_is_lost() -> None:
    clock = Clock()
    turns = Turns(10, clock)
    for key in "abc":
        turns.wait(key)
    clock.now += 9
    assert sorted(round(turns.wait(key), 3) for key in "bc") == [0.0, 0.1]


def test_after_its_turn_one_rests_and_holds_up_nobody_else() -> None:
    clock = Clock()
    turns = Turns(10, clock, rest=5)
    assert turns.wait("a") == 0.0
    clock.now += 1
    assert turns.wait("a") == 4.0
    assert round(turns.wait("b"), 3) == 0.1
    clock.now += 4
    assert turns.wait("a") == 0.0


def test_giving_up_ends_the_rest() -> None:
    clock = Clock()
    turns = Turns(10, clock, rest=5)
    turns.wait("a")
    turns.give_up("a")
    clock.now += 0.1
    assert turns.wait("a") == 0.0


@given(st.lists(st.tuples(st.integers(0, 99), st.sampled_from([0.0, 0.01, 0.3, 5.0])), max_size=200))
def test_however_they_ask_there_are_never_many_more_than_so_many_a_second(asked: list[tuple[int, float]]) -> None:
    clock = Clock()
    turns = Turns(5, clock)
    gone = []
    for key, later in asked:
        clock.now += later
        if turns.wait(key) == 0.0:
            gone.append(clock.now)
    for first in gone:
        # Those of a second, and those of the two before that were late.
        assert len([moment for moment in gone if first <= moment < first + 1]) <= 3 * 5 + 1
