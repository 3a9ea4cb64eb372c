"""The web application: Flask, with the endpoints for reviews in front of it."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from runtime.health import Report
from runtime.metrics import CONTENT_TYPE
from webhook.admission import Admission
from webhook.endpoint import TEXT, ReviewEndpoints


@dataclass(frozen=True, slots=True)
class Services:
    """What the application is made of: who answers reviews, who knows about readiness and metrics, who counts."""

    admission: Admission
    readiness: Callable[[], Report]
    exposition: Callable[[], bytes]
    on_refused: Callable[[int], None]


def create_app(services: Services) -> Flask:
    """The application: /mutate and /validate for the API server; /healthz, /readyz and /metrics for its keepers."""
    app = Flask("nfs-steward", static_folder=None)
    _add_probes(app, services)
    app.register_error_handler(HTTPException, _plain_text)
    app.wsgi_app = ReviewEndpoints(services.admission, services.on_refused, app.wsgi_app)  # type: ignore[method-assign]
    return app


def _add_probes(app: Flask, services: Services) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", content_type=TEXT)

    @app.get("/readyz")
    def readyz() -> Response:
        report = services.readiness()
        return Response(report.text, status=200 if report.healthy else 503, content_type=TEXT)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(services.exposition(), content_type=CONTENT_TYPE)


def _plain_text(error: HTTPException) -> Response:
    return Response(f"{error.description}\n", status=error.code, content_type=TEXT)
