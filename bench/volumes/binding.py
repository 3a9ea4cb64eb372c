"""Many claims at once, until the binder has bound all of them."""

import threading
import time
from collections.abc import Iterable, Sequence
from typing import Final

from bench.arena import in_parallel
from bench.errors import BenchError
from kube.cache import Change
from kube.client import Client
from kube.informer import Informer
from kube.resources import CLAIMS
from policy.shapes import Json, text

BOUND: Final = "Bound"
LOST: Final = "Lost"

_WITHIN: Final = 3600.0


class Phases:
    """Every phase that each claim of a namespace has been seen in. Changes are told in an informer's thread."""

    def __init__(self, expected: int) -> None:
        """`all_bound` is set as soon as so many claims are Bound."""
        self.all_bound = threading.Event()
        self._expected = expected
        self._bound: set[str] = set()
        self._lost: set[str] = set()
        self.last_bound = 0.0

    @property
    def bound(self) -> int:
        """How many claims have been Bound."""
        return len(self._bound)

    @property
    def lost(self) -> int:
        """How many claims have ever been Lost."""
        return len(self._lost)

    def changed(self, change: Change[str]) -> None:
        """Note the phase that a claim is in now."""
        name = change.key.name
        if change.new == LOST:
            self._lost.add(name)
        if change.new == BOUND and name not in self._bound:
            self._bound.add(name)
            self.last_bound = time.monotonic()
        if len(self._bound) == self._expected:
            self.all_bound.set()


def seconds_until_bound(client: Client, claims: Sequence[Json]) -> tuple[float, int]:
    """Create claims of one namespace as fast as the API server takes them; the seconds from just before the first until
    all are Bound, and how many of them have been Lost in between. Raises `BenchError` where some never are.
    """
    phases = Phases(len(claims))
    informer = Informer(client, CLAIMS, phase_of, namespace=_namespace(claims), on_change=phases.changed)
    informer.start()
    try:
        informer.wait_synced(_WITHIN)
        started = time.monotonic()
        in_parallel(lambda claim: client.create(CLAIMS, claim), claims)
        if not phases.all_bound.wait(_WITHIN):
            raise BenchError(f"of {len(claims)} claims only {phases.bound} are Bound after {_WITHIN:.0f} s")
    finally:
        informer.stop()
    return phases.last_bound - started, phases.lost


def phase_of(claim: Json) -> str:
    """The phase of a claim."""
    return text(claim, "status", "phase") or ""


def claims_of(namespace: str, storage_class: str, names: Iterable[str]) -> list[Json]:
    """Claims of a class, as an author writes them."""
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                "storageClassName": storage_class,
                "accessModes": ["ReadWriteMany"],
                "resources": {"requests": {"storage": "1Gi"}},
            },
        }
        for name in names
    ]


def _namespace(claims: Sequence[Json]) -> str | None:
    return text(claims[0], "metadata", "namespace")
