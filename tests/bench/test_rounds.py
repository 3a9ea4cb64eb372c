"""Measuring in rounds."""

from collections.abc import Callable

from bench.rounds import Samples, alternate


def test_every_round_begins_with_another_contestant() -> None:
    order: list[str] = []

    def recorded(name: str) -> Callable[[], float]:
        def measure() -> float:
            order.append(name)
            return float(len(order))

        return measure

    found = alternate({name: recorded(name) for name in ("ours", "go", "kopf")}, rounds=4)
    assert order == [
        *("ours", "go", "kopf"),
        *("go", "kopf", "ours"),
        *("kopf", "ours", "go"),
        *("ours", "go", "kopf"),
    ]
    assert {name: samples.values for name, samples in found.items()} == {
        "ours": (1.0, 6.0, 8.0, 10.0),
        "go": (2.0, 4.0, 9.0, 11.0),
        "kopf": (3.0, 5.0, 7.0, 12.0),
    }


def test_one_disturbed_round_does_not_move_the_figure() -> None:
    assert Samples((2010.0, 2000.0, 312.0, 1990.0, 2005.0)).median == 2000.0


def test_the_spread_tells_the_lowest_and_the_highest() -> None:
    assert Samples((2010.0, 312.0, 1990.0)).spread() == "312 to 2,010"
