"""Reviews answered a second, straight at each webhook's socket, and the latency at a modest fixed rate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bench.admission import TITLES, Kind, reviews, write_requests
from bench.arena import Arena
from bench.contestants import GO, KOPF, NULL, OURS, Contestant
from bench.load import ClosedLoop, Latency, OpenLoop, write_targets
from bench.plan import Plan
from bench.rounds import Samples, alternate
from bench.rows import Bar, Row

CONNECTIONS: Final = 16

BARS: Final[Mapping[str, float]] = {GO: 0.5, KOPF: 4.0, NULL: 0.85}

# Requests a second; well below what the slowest of those compared can do.
MODEST_RATE: Final = 200


@dataclass(frozen=True, slots=True)
class AtSocket:
    """The contestants, and the namespaces that their reviews come from."""

    arena: Arena
    contestants: Sequence[Contestant]
    namespaces: Sequence[str]
    plan: Plan

    def throughput(self, kind: Kind) -> list[Row]:
        """One row for each peer."""
        measures = {each.name: self._rate_of(each, kind) for each in self.contestants}
        found = alternate(measures, self.plan.rounds)
        return [_throughput_row(kind, name, found) for name in BARS if name in found]

    def latency(self, kind: Kind) -> list[Row]:
        """The median and the 99th percentile beside Go's, at the modest rate."""
        seen: dict[str, list[Latency]] = {OURS: [], GO: []}
        measures = {each.name: self._p99_of(each, kind, seen) for each in self.contestants if each.name in seen}
        rounds = alternate(measures, self.plan.rounds)
        medians = {name: Samples(tuple(each.p50 for each in latencies)) for name, latencies in seen.items()}
        return [_latency_row(kind, "p50", medians), _latency_row(kind, "p99", rounds)]

    def _rate_of(self, contestant: Contestant, kind: Kind) -> Callable[[], float]:
        requests = self._requests(contestant, kind)
        loop = partial(ClosedLoop, self.arena.programs.wrk, self.arena.programs.packages.env(), CONNECTIONS)
        loop(self.plan.warmup).rate(contestant.url, requests)
        return lambda: loop(self.plan.seconds).rate(contestant.url, requests)

    def _p99_of(self, contestant: Contestant, kind: Kind, seen: Mapping[str, list[Latency]]) -> Callable[[], float]:
        url = contestant.url + contestant.paths[kind]
        targets = write_targets(self._file(contestant, kind, "targets"), url, reviews(kind, self.namespaces))
        loop = OpenLoop(
            self.arena.programs.vegeta, self.arena.authority, MODEST_RATE, CONNECTIONS, self.plan.latency_seconds
        )

        def measure() -> float:
            latency = loop.latency(targets)
            seen[contestant.name].append(latency)
            return latency.p99

        return measure

    def _requests(self, contestant: Contestant, kind: Kind) -> Path:
        requests = [(contestant.paths[kind], body) for body in reviews(kind, self.namespaces)]
        return write_requests(self._file(contestant, kind, "requests"), requests)

    def _file(self, contestant: Contestant, kind: Kind, what: str) -> Path:
        return self.arena.folder / f"{contestant.name}-{kind}.{what}".replace(" ", "-")


def _throughput_row(kind: Kind, peer: str, found: Mapping[str, Samples]) -> Row:
    ours, theirs = found[OURS], found[peer]
    bar = Bar(BARS[peer], "ratio")
    notes = f"ours {ours.spread()}, peer {theirs.spread()}"
    return Row(f"socket: {TITLES[kind]}, beside {peer}", ours.median, theirs.median, "1/s", bar, notes)


def _latency_row(kind: Kind, percentile: str, found: Mapping[str, Samples]) -> Row:
    ours, theirs = found[OURS], found[GO]
    notes = f"ours {ours.spread()}, peer {theirs.spread()}"
    name = f"socket at {MODEST_RATE}/s: {TITLES[kind]}, {percentile} beside {GO}"
    return Row(name, ours.median, theirs.median, "ms", notes=notes)
