"""Measuring in rounds that alternate, so that what else the machine does falls on everybody alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Samples:
    """What one contestant reached, one value a round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The figure for the table."""
        return median(self.values)

    def spread(self) -> str:
        """The lowest and the highest value, for the notes."""
        return f"{min(self.values):,.4g} to {max(self.values):,.4g}"


def alternate(measures: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, Samples]:
    """Measure each of `measures` once a round. Each round begins with another one, so that none always comes first."""
    names = list(measures)
    values: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            values[name].append(measures[name]())
    return {name: Samples(tuple(found)) for name, found in values.items()}
