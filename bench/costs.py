"""Where the time of a review goes: `python -m bench.costs`, in one process, without TLS, gunicorn or a network.

Each figure is the shortest time of many small batches, taken in turn: that hardly depends on what else the machine
does, so these can be compared on a busy one too.
"""

import io
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import orjson
from flask import Flask, Response, request
from rich.console import Console
from rich.table import Table

from bench.admission import TITLES, Kind, namespace_names, reviews
from bench.arena import CLUSTER_DEFAULT, POLICY
from bench.peers.null.__main__ import create_app as create_null_app
from policy import keys
from policy.load import load_policy
from policy.profiles import NamespaceSettings
from runtime.metrics import shared_metrics
from webhook.admission import Admission
from webhook.bounds import Bounds, bounds_of
from webhook.cluster import StillCluster
from webhook.decisionlog import DecisionLog
from webhook.endpoint import ReviewEndpoints
from webhook.metrics import ReviewMetrics

_NAMESPACES: Final = 200
_BATCH: Final = 4
_PASSES: Final = 60

Step = Callable[[bytes], object]


class _KnownCluster(StillCluster):
    """As informers leave it: what the labels of a namespace mean is worked out once."""

    @cached_property
    def _settled(self) -> Mapping[str, NamespaceSettings | None]:
        return {name: super(_KnownCluster, self).settings(name) for name in self.namespaces}

    @cached_property
    def _bounds(self) -> Mapping[str, Bounds]:
        return {name: bounds_of(settings) for name, settings in self._settled.items() if settings is not None}

    def settings(self, namespace: str, *, selected: bool = False) -> NamespaceSettings | None:  # noqa: ARG002
        """What is known of the namespace."""
        return self._settled[namespace]

    def bounds(self, settings: NamespaceSettings) -> Bounds:
        """What follows from them."""
        return self._bounds[settings.namespace]


def steps(metrics: ReviewMetrics, log: int) -> dict[str, Step]:
    """What is timed, each a function of a review's bytes; log lines go to the file descriptor `log`."""
    cluster, lines = _cluster(), DecisionLog(log)
    rules = Admission(cluster)
    counted = Admission(cluster, (metrics.reviewed,))
    logged = Admission(cluster, (metrics.reviewed, lines.reviewed))
    endpoint = ReviewEndpoints(logged, lambda _: None, create_null_app().wsgi_app)
    return {
        "parsing": orjson.loads,
        "and rules": lambda body: rules.respond("mutate", body),
        "and metrics": lambda body: counted.respond("mutate", body),
        "and log": lambda body: logged.respond("mutate", body),
        "and HTTP: the webhook's endpoint": lambda body: call(endpoint, body),
        "the same as a Flask view": _called(_flask_view(logged)),
        "the null Flask view": _called(create_null_app()),
    }


def shortest(measured: Mapping[str, Step], bodies: Sequence[bytes], passes: int) -> dict[str, float]:
    """The shortest time in seconds that each step took for one review, seen in small batches of `bodies`."""
    best = dict.fromkeys(measured, float("inf"))
    for _ in range(passes):
        for name, step in measured.items():
            for first in range(0, len(bodies), _BATCH):
                batch = bodies[first : first + _BATCH]
                best[name] = min(best[name], _seconds(step, batch) / len(batch))
    return best


def call(app: Any, body: bytes) -> bytes:
    """What a WSGI application answers to a review."""
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/mutate",
        "QUERY_STRING": "timeout=3s",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "127.0.0.1",
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
    }
    return b"".join(app(environ, lambda _status, _headers: None))


def _seconds(step: Step, batch: Sequence[bytes]) -> float:
    started = time.perf_counter()
    for body in batch:
        step(body)
    return time.perf_counter() - started


def _cluster() -> _KnownCluster:
    policy = load_policy(POLICY.read_text(), str(POLICY))
    labels = {keys.INJECT: keys.INJECT_ENABLED}
    namespaces = dict.fromkeys(namespace_names(_NAMESPACES), labels)
    return _KnownCluster(policy, namespaces, cluster_default=CLUSTER_DEFAULT)


def _flask_view(admission: Admission) -> Flask:
    app = Flask("view", static_folder=None)

    @app.post("/mutate")
    def mutate() -> Response:
        return Response(admission.respond("mutate", request.get_data(cache=False)), content_type="application/json")

    return app


def _called(app: Flask) -> Step:
    return lambda body: call(app, body)


def main() -> None:
    """Time every step for every kind of review, and print a table in microseconds."""
    table = Table(title="microseconds for one review, in one process")
    table.add_column("what")
    found: list[dict[str, float]] = []
    with Path(os.devnull).open("wb") as log, shared_metrics() as shared:
        measured = steps(ReviewMetrics(shared.registry), log.fileno())
        for kind in Kind:
            table.add_column(TITLES[kind], justify="right")
            found.append(shortest(measured, reviews(kind, namespace_names(_NAMESPACES)), _PASSES))
    for name in measured:
        table.add_row(name, *(f"{times[name] * 1e6:.0f}" for times in found))
    Console(width=None if sys.stdout.isatty() else 120).print(table)


if __name__ == "__main__":
    main()
