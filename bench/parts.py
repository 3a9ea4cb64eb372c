"""The parts of the benchmark, each with what it needs running."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench import deleting, marks, measuring, policychange, resources_used
from bench.admission import Kind
from bench.arena import Arena, Ground, fill_namespaces, opened
from bench.at_socket import AtSocket
from bench.contestants import NULL, Contestant, check_same_answers, commands, start
from bench.plan import Plan
from bench.rows import Row
from bench.through_api import CONNECTIONS, ThroughApi
from bench.volumes import directories, provisioning, restart

_CHECKED_NAMESPACES: Final = 20


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the benchmark: a title, why it takes its time, and what measures it."""

    title: str
    why: str
    measure: Callable[[Ground, Plan], Iterator[Row]]


def in_arena(measure: Callable[[Arena, Plan], Iterator[Row]]) -> Callable[[Ground, Plan], Iterator[Row]]:
    """The same, in an arena that is opened for it."""

    def measure_there(ground: Ground, plan: Plan) -> Iterator[Row]:
        with opened(ground) as arena:
            yield from measure(arena, plan)

    return measure_there


def at_socket(arena: Arena, plan: Plan) -> Iterator[Row]:
    """Throughput of every contestant for every kind of review, then latency beside Go's."""
    namespaces = fill_namespaces(arena.client, plan.namespaces)
    part = AtSocket(arena, _contestants(arena, namespaces), namespaces, plan)
    for kind in Kind:
        yield from part.throughput(kind)
    for kind in Kind:
        yield from part.latency(kind)


def through_api(arena: Arena, plan: Plan) -> Iterator[Row]:
    """Claims and Pods created through the API server."""
    namespaces = fill_namespaces(arena.client, plan.namespaces)
    contestants = [each for each in _contestants(arena, namespaces) if each.name != NULL]
    part = ThroughApi(arena, contestants, namespaces, plan)
    for connections in CONNECTIONS:
        yield from part.claims(connections)
    for connections in CONNECTIONS:
        yield part.pods(connections)


PARTS: Final[Mapping[str, Part]] = {
    "socket": Part("measuring at the socket", "every contestant in turn, several rounds", in_arena(at_socket)),
    "api": Part("measuring through the API server", "every contestant in turn, several rounds", in_arena(through_api)),
    "marks": Part(
        "measuring with claims over their size", "ten thousand claims are made first", in_arena(marks.measure)
    ),
    "deleting": Part("measuring deletions", "a million files are made first, several times", deleting.measure),
    "measuring": Part("measuring walks through volumes", "a million files are made first", measuring.measure),
    "memory": Part(
        "measuring memory and starts", "thousands of objects are made first", in_arena(resources_used.measure)
    ),
    "policy": Part(
        "measuring a change of policy", "a thousand namespaces' quotas have to be counted first", policychange.measure
    ),
    "claims": Part(
        "measuring how soon claims are bound", "the binder writes 20 times a second at most", provisioning.measure
    ),
    "directories": Part(
        "measuring how soon directories are there", "on two clusters, one after the other", directories.measure
    ),
    "restart": Part("measuring a restart", "ten thousand volumes are made first", restart.measure),
}


def _contestants(arena: Arena, namespaces: Sequence[str]) -> list[Contestant]:
    contestants = [start(arena, command) for command in commands(arena).values()]
    check_same_answers(contestants, arena, namespaces[:_CHECKED_NAMESPACES])
    return contestants
