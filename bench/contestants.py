"""The webhooks that are compared, each a process that serves TLS on loopback with the same certificate."""

import base64
import ssl
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, Final

import jsonpatch
import orjson

from bench.admission import Kind, captured, reviews
from bench.arena import POLICY, Arena
from bench.errors import BenchError
from bench.programs import PEERS
from testbed.ports import LOOPBACK, free_ports
from testbed.product.executable import nfs_steward
from testbed.supervision.client import Program, SupervisedProcess
from testbed.waiting import wait_for

OURS: Final = "ours"
GO: Final = "Go"
KOPF: Final = "kopf"
NULL: Final = "null view"

# As many as there are cores: the Go runtime does the same by itself, and kopf has no workers.
WORKERS: Final = 2

_READY_WITHIN: Final = 60.0
_CHECKOUT: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Contestant:
    """A running webhook: where it answers for each kind of review, and its process."""

    name: str
    port: int
    paths: Mapping[Kind, str]
    process: SupervisedProcess

    @property
    def url(self) -> str:
        """Its address without a path."""
        return f"https://{LOOPBACK}:{self.port}"

    def ask(self, kind: Kind, review: bytes, authority: Path) -> dict[str, Any]:
        """Its response to one review; raises `BenchError` where that is not an AdmissionReview."""
        connection = HTTPSConnection(
            LOOPBACK, self.port, context=ssl.create_default_context(cafile=str(authority)), timeout=10
        )
        try:
            connection.request("POST", self.paths[kind], review, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        try:
            response = orjson.loads(body)["response"]
        except (ValueError, KeyError) as problem:
            raise BenchError(f"{self.name} answered {answer.status} to a {kind}: {body[:300]!r}") from problem
        assert isinstance(response, dict)
        return response


@dataclass(frozen=True, slots=True)
class Command:
    """How a contestant is started: its command, variables, port, and its path for each kind of review."""

    name: str
    argv: Sequence[str]
    port: int
    env: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[Kind, str] = field(default_factory=lambda: dict.fromkeys(Kind, "/mutate"))


def commands(arena: Arena) -> dict[str, Command]:
    """How to start each contestant, by name."""
    ours, go, go_health, kopf, null = free_ports(5)
    all_of_them = (
        Command(OURS, webhook_argv(arena, ours), ours, {"KUBECONFIG": str(arena.kubeconfig)}),
        Command(GO, _go_argv(arena, go, go_health), go),
        _kopf(arena, kopf),
        Command(NULL, [sys.executable, "-m", "bench.peers.null", str(arena.tls), str(null), str(WORKERS)], null),
    )
    return {command.name: command for command in all_of_them}


def webhook_argv(arena: Arena, port: int, policy: Path = POLICY) -> list[str]:
    """The command of our webhook, as an administrator types it."""
    files = ["--policy", str(policy), "--tls-dir", str(arena.tls)]
    return [*nfs_steward(), "webhook", *files, "--bind", f"{LOOPBACK}:{port}", "--workers", str(WORKERS)]


def start(arena: Arena, command: Command) -> Contestant:
    """Start a contestant; returns once it answers reviews as one that knows all namespaces."""
    log = arena.folder / "logs" / f"{command.name.replace(' ', '-')}.log"
    process = arena.supervisor.start(Program(command.name, command.argv, log, command.env, cwd=_CHECKOUT))
    contestant = Contestant(command.name, command.port, command.paths, process)
    wait_for(f"{command.name} answers", lambda: _answers(contestant, arena), _READY_WITHIN, process)
    return contestant


def check_same_answers(contestants: Sequence[Contestant], arena: Arena, namespaces: Sequence[str]) -> None:
    """Make sure that all make the same of every kind of review (the null view makes nothing); else `BenchError`."""
    competing = [each for each in contestants if each.name != NULL]
    for kind in Kind:
        for review in reviews(kind, namespaces):
            outcomes = {each.name: _outcome(each, kind, review, arena) for each in competing}
            first, *others = outcomes.values()
            if any(other != first for other in others):
                raise BenchError(f"the contestants make different objects of a {kind}: {outcomes}")


def _outcome(contestant: Contestant, kind: Kind, review: bytes, arena: Arena) -> Any:
    response = contestant.ask(kind, review, arena.authority)
    if not response.get("allowed"):
        raise BenchError(f"{contestant.name} refused a {kind}: {response}")
    return jsonpatch.apply_patch(orjson.loads(review)["request"]["object"], patch_of(response))


def patch_of(response: Mapping[str, Any]) -> list[Any]:
    """The JSON Patch in a response, empty where there is none."""
    patch = response.get("patch")
    return list(orjson.loads(base64.b64decode(patch))) if patch else []


def _answers(contestant: Contestant, arena: Arena) -> bool:
    """Whether it answers, and (but for the null view) knows its namespaces, for it then has something to fill in."""
    try:
        response = contestant.ask(Kind.CLAIM, orjson.dumps(captured(Kind.CLAIM)), arena.authority)
    except (OSError, HTTPException, BenchError):
        return False
    return contestant.name == NULL or bool(response.get("patch"))


def _go_argv(arena: Arena, port: int, health_port: int) -> list[str]:
    flags = {
        "kubeconfig": arena.kubeconfig,
        "policy": POLICY,
        "tls-dir": arena.tls,
        "port": port,
        "health-port": health_port,
    }
    return [str(arena.programs.go_webhook), *(f"--{name}={value}" for name, value in flags.items())]


def _kopf(arena: Arena, port: int) -> Command:
    argv = [*arena.programs.kopf, "run", "--standalone", "-A", "--log-format=json", str(PEERS / "kopf" / "handlers.py")]
    env = {
        "KUBECONFIG": str(arena.kubeconfig),
        "BENCH_POLICY": str(POLICY),
        "BENCH_TLS_DIR": str(arena.tls),
        "BENCH_PORT": str(port),
    }
    paths = {Kind.CLAIM: "/claim", Kind.INLINE_POD: "/pod", Kind.PLAIN_POD: "/pod"}
    return Command(KOPF, argv, port, env, paths)
