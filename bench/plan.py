"""How long and how often is measured."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Plan:
    """Rounds, and the whole seconds (wrk knows no others) of each measurement; `warmup` goes before, unmeasured."""

    rounds: int
    seconds: int
    warmup: int
    latency_seconds: int
    namespaces: int = 1000


FULL: Final = Plan(rounds=7, seconds=2, warmup=1, latency_seconds=4)
QUICK: Final = Plan(rounds=2, seconds=1, warmup=1, latency_seconds=2)
