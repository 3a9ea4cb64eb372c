"""How long and how often is measured."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Plan:
    """Rounds, and the whole seconds (wrk knows no others) of each measurement; `warmup` goes unmeasured before each."""

    rounds: int
    seconds: int
    warmup: int
    latency_seconds: int
    namespaces: int = 1000


FULL: Final = Plan(rounds=5, seconds=4, warmup=1, latency_seconds=8)
QUICK: Final = Plan(rounds=2, seconds=1, warmup=1, latency_seconds=2)
