"""The Flask application: two endpoints for reviews, three for whoever looks after it."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from runtime.health import Report
from runtime.metrics import CONTENT_TYPE
from webhook.admission import Admission
from webhook.errors import RequestRefused
from webhook.guards import LARGEST_BODY, check_head
from webhook.reviews import Side

_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What the application is made of: who answers reviews, and who knows about readiness and metrics."""

    admission: Admission
    readiness: Callable[[], Report]
    exposition: Callable[[], bytes]
    on_refused: Callable[[int], None]


def create_app(endpoints: Endpoints) -> Flask:
    """The application. It holds no state of its own."""
    app = Flask("nfs-steward", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    _add_reviews(app, endpoints)
    _add_probes(app, endpoints)
    _add_errors(app, endpoints)
    return app


def _add_reviews(app: Flask, endpoints: Endpoints) -> None:
    def review(side: Side) -> Response:
        check_head(request.content_type, request.content_length)
        answer = endpoints.admission.respond(side, request.get_data(cache=False))
        return Response(answer, content_type="application/json")

    @app.post("/mutate")
    def mutate() -> Response:
        return review("mutate")

    @app.post("/validate")
    def validate() -> Response:
        return review("validate")


def _add_probes(app: Flask, endpoints: Endpoints) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", content_type=_TEXT)

    @app.get("/readyz")
    def readyz() -> Response:
        report = endpoints.readiness()
        return Response(report.text, status=200 if report.healthy else 503, content_type=_TEXT)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(endpoints.exposition(), content_type=CONTENT_TYPE)


def _add_errors(app: Flask, endpoints: Endpoints) -> None:
    @app.errorhandler(RequestRefused)
    def refused(error: RequestRefused) -> Response:
        endpoints.on_refused(error.status)
        return Response(f"{error}\n", status=error.status, content_type=_TEXT)

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response:
        status = error.code or 500
        endpoints.on_refused(status)
        return Response(f"{error.description}\n", status=status, content_type=_TEXT)
