"""How long and how often is measured."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Plan:
    """Rounds, and the seconds of each measurement; `warmup` runs unmeasured before each."""

    rounds: int
    seconds: float
    warmup: float
    latency_seconds: float
    namespaces: int = 1000


FULL: Final = Plan(rounds=5, seconds=4.0, warmup=1.0, latency_seconds=8.0)
QUICK: Final = Plan(rounds=2, seconds=1.0, warmup=0.5, latency_seconds=2.0)
