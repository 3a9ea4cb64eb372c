"""Claims and Pods created a second through a real API server, with each contestant in turn registered there."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from bench.admission import Kind, captured, write_requests
from bench.arena import Arena
from bench.contestants import GO, KOPF, OURS, Contestant
from bench.load import ClosedLoop
from bench.plan import Plan
from bench.registrations import Registration, by_cel, claim_to_create, nobody, of_chart, of_peer, registered
from bench.rounds import Samples, alternate
from bench.rows import Bar, Row
from kube.errors import AlreadyExists
from kube.resources import CLAIMS, PODS, Resource
from policy.shapes import Json

CONNECTIONS: Final = (4, 16)
CLAIM_BAR: Final = Bar(0.8, "ratio")
POD_BAR: Final = Bar(0.95, "ratio")

SERVICE_ACCOUNTS: Final = Resource("", "v1", "serviceaccounts", "ServiceAccount", namespaced=True)

# Enough that no single namespace's keys become a hot spot in etcd.
_NAMESPACES: Final = 20


@dataclass(frozen=True, slots=True)
class ThroughApi:
    """The contestants, and the namespaces in which objects are created."""

    arena: Arena
    contestants: Sequence[Contestant]
    namespaces: Sequence[str]
    plan: Plan

    def claims(self, connections: int) -> list[Row]:
        """One row for each peer."""
        peers = [of_peer(each, self.arena) for each in self.contestants if each.name != OURS]
        found = self._alternate([nobody(), by_cel(), self._ours(), *peers], connections, self._claims_file())
        bars = {nobody().name: None, by_cel().name: None, GO: CLAIM_BAR, KOPF: None}
        return [
            _row(f"API server, {connections} connections: claims, beside {peer}", found[OURS], found[peer], bar)
            for peer, bar in bars.items()
        ]

    def pods(self, connections: int) -> Row:
        """Pods without NFS: the chart's `matchConditions` keep them from ever leaving the API server."""
        found = self._alternate([nobody(), self._ours()], connections, self._pods_file())
        name = f"API server, {connections} connections: Pods without NFS, beside {nobody().name}"
        return _row(name, found[OURS], found[nobody().name], POD_BAR)

    def _ours(self) -> Registration:
        (contestant,) = (each for each in self.contestants if each.name == OURS)
        return of_chart(contestant, self.arena)

    def _alternate(self, registrations: Sequence[Registration], connections: int, file: Path) -> Mapping[str, Samples]:
        measures = {each.name: self._rate_under(each, connections, file) for each in registrations}
        return alternate(measures, self.plan.rounds)

    def _rate_under(self, registration: Registration, connections: int, file: Path) -> Callable[[], float]:
        def loop(seconds: int) -> float:
            programs = self.arena.programs
            generator = ClosedLoop(programs.wrk, programs.packages.env(), connections, seconds)
            return generator.rate(self.arena.plane.url, file, {"Authorization": f"Bearer {self.arena.token}"})

        def measure() -> float:
            with registered(self.arena.client, registration, self.namespaces[0]):
                loop(self.plan.warmup)
                return loop(self.plan.seconds)

        return measure

    def _claims_file(self) -> Path:
        return self._write(CLAIMS, claim_to_create())

    def _pods_file(self) -> Path:
        for namespace in self.namespaces[:_NAMESPACES]:
            self._make_service_account(namespace)
        return self._write(PODS, pod_to_create())

    def _make_service_account(self, namespace: str) -> None:
        """Make the account without which Pods are refused; elsewhere the controller manager does."""
        account = {"apiVersion": "v1", "kind": SERVICE_ACCOUNTS.kind, "metadata": {"name": "default"}}
        with suppress(AlreadyExists):
            self.arena.client.create(SERVICE_ACCOUNTS, account, namespace)

    def _write(self, resource: Resource, obj: Json) -> Path:
        path = self.arena.folder / f"create-{resource.plural}.requests"
        paths = [resource.path(namespace=namespace) for namespace in self.namespaces[:_NAMESPACES]]
        return write_requests(path, [(each, orjson.dumps(obj)) for each in paths])


def pod_to_create() -> Json:
    """The captured Pod without NFS, as its author wrote it, with a name of the API server's choosing."""
    written = captured(Kind.PLAIN_POD)["request"]["object"]["metadata"]["annotations"]
    pod: Json = orjson.loads(written["kubectl.kubernetes.io/last-applied-configuration"])
    pod["metadata"] = {"generateName": "bench-", "labels": pod["metadata"]["labels"]}
    return pod


def _row(name: str, ours: Samples, peer: Samples, bar: Bar | None) -> Row:
    return Row(name, ours.median, peer.median, "1/s", bar, f"ours {ours.spread()}, peer {peer.spread()}")
