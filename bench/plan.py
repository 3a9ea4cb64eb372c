"""How long and how often is measured."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Plan:
    """Rounds, and the whole seconds (wrk knows no others) of each measurement; `warmup` goes before, unmeasured.
    `files` are deleted at once, and walked through; so many `claims` are made at once, in one measurement after the
    other; Pods and volumes arrive for `arrival_seconds`; controllers are restarted with so many `volumes`.
    """

    rounds: int
    seconds: int
    warmup: int
    latency_seconds: int
    namespaces: int = 1000
    files: int = 1_000_000
    claims: tuple[int, ...] = (200, 1000)
    arrival_seconds: int = 20
    volumes: int = 10_000


FULL: Final = Plan(rounds=7, seconds=2, warmup=1, latency_seconds=4)
QUICK: Final = Plan(
    rounds=2, seconds=1, warmup=1, latency_seconds=2, files=20_000, claims=(50,), arrival_seconds=5, volumes=1000
)
