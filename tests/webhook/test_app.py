"""The web application, by Flask's test client."""

import json

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from runtime.health import Report
from webhook.admission import Admission
from webhook.app import Services, create_app
from webhook.cluster import StillCluster
from webhook.guards import LARGEST_BODY

from .objects import review, whole_claim

SIDES = pytest.mark.parametrize("path", ["/mutate", "/validate"])


@pytest.fixture
def refused() -> list[int]:
    """The statuses of refused requests, as they were counted."""
    return []


@pytest.fixture
def readiness() -> list[Report]:
    """What the next question about readiness is answered with."""
    return []


@pytest.fixture
def client(cluster: StillCluster, refused: list[int], readiness: list[Report]) -> FlaskClient:
    services = Services(Admission(cluster), readiness.pop, lambda: b"# metrics\n", refused.append)
    return create_app(services).test_client()


def post(client: FlaskClient, path: str, body: bytes, content_type: str | None = "application/json") -> TestResponse:
    return client.post(path, data=body, content_type=content_type)


@SIDES
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON ;charset=utf-8"]
)
def test_a_review_is_answered_in_json(client: FlaskClient, path: str, content_type: str) -> None:
    answered = post(client, path, review(whole_claim()), content_type)
    assert answered.status_code == 200
    assert answered.content_type == "application/json"
    assert json.loads(answered.data)["response"]["allowed"]


@SIDES
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        pytest.param(review(whole_claim()), "text/plain", 415, id="another type"),
        pytest.param(review(whole_claim()), None, 415, id="no type"),
        pytest.param(review(whole_claim()), "application/json-patch+json", 415, id="a type that begins the same"),
        pytest.param(b"", "application/json", 400, id="empty"),
        pytest.param(b"{}", "application/json", 400, id="no review"),
        pytest.param(b"{" * 100, "application/json", 400, id="not JSON"),
        pytest.param(b" " * (LARGEST_BODY + 1), "application/json", 413, id="too large"),
    ],
)
def test_what_holds_no_review_gets_a_plain_answer(
    client: FlaskClient, refused: list[int], path: str, body: bytes, content_type: str | None, status: int
) -> None:
    answered = post(client, path, body, content_type)
    assert answered.status_code == status
    assert answered.content_type == "text/plain; charset=utf-8"
    assert answered.text.endswith("\n")
    assert refused == [status]


def test_the_largest_body_is_read(client: FlaskClient) -> None:
    body = review(whole_claim())
    assert post(client, "/mutate", body + b" " * (LARGEST_BODY - len(body))).status_code == 200


@SIDES
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_reviews_come_by_post_only(client: FlaskClient, path: str, method: str) -> None:
    answered = client.open(path, method=method)
    assert answered.status_code == 405
    assert answered.headers["Allow"] == "POST"


def test_an_unknown_path_gets_a_plain_answer(client: FlaskClient) -> None:
    answered = client.post("/mutate/pods")
    assert answered.status_code == 404
    assert answered.content_type == "text/plain; charset=utf-8"


def test_it_is_alive(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(("healthy", "status"), [(True, 200), (False, 503)])
def test_it_tells_whether_it_is_ready(client: FlaskClient, readiness: list[Report], healthy: bool, status: int) -> None:
    readiness.append(Report(healthy, "the reasons\n"))
    answered = client.get("/readyz")
    assert (answered.status_code, answered.text) == (status, "the reasons\n")


def test_it_shows_its_metrics(client: FlaskClient) -> None:
    answered = client.get("/metrics")
    assert answered.data == b"# metrics\n"
    assert answered.content_type.startswith("text/plain; version=")
