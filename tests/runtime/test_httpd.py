import http.client
import socket

import pytest
from prometheus_client import Counter

from runtime.health import Failing, Health, Passing
from runtime.httpd import Httpd, Page, standard_pages
from runtime.metrics import Metrics


def broken() -> Page:
    raise RuntimeError("no page today")


@pytest.fixture
def metrics():
    metrics = Metrics()
    Counter("things", "Things.", registry=metrics.registry).inc(3)
    return metrics


@pytest.fixture
def httpd(metrics):
    alive, ready = Health("healthz"), Health("readyz")
    alive.add("process", Passing)
    ready.add("election", lambda: Failing("no leader"))
    pages = {**standard_pages(alive, ready, metrics), "/broken": broken}
    httpd = Httpd("127.0.0.1", 0, pages)
    httpd.start()
    yield httpd
    httpd.stop()


def get(httpd, path):
    connection = http.client.HTTPConnection("127.0.0.1", httpd.port, timeout=5)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response, body


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        pytest.param("/healthz", 200, "[+]process ok", id="alive"),
        pytest.param("/healthz?verbose", 200, "[+]process ok", id="a query is not part of the path"),
        pytest.param("/readyz", 503, "[-]election failed: no leader", id="not ready"),
        pytest.param("/metrics", 200, "things_total 3.0", id="metrics"),
        pytest.param("/", 404, "not found", id="no such page"),
        pytest.param("/broken", 500, "internal error", id="a page that cannot be made"),
    ],
)
def test_each_path_has_its_page(httpd, path, status, says):
    response, body = get(httpd, path)
    assert response.status == status
    assert says in body


def test_metrics_are_sent_with_the_type_that_prometheus_expects(httpd):
    response, _ = get(httpd, "/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=")


def test_a_client_that_says_nothing_holds_up_nobody_else(httpd):
    with socket.create_connection(("127.0.0.1", httpd.port)):
        assert get(httpd, "/healthz")[0].status == 200


def test_a_port_that_is_taken_is_an_error_at_once(httpd):
    with pytest.raises(OSError, match="in use"):
        Httpd("127.0.0.1", httpd.port, {})


def test_it_can_be_stopped_without_having_been_started():
    Httpd("127.0.0.1", 0, {}).stop()


def test_it_listens_on_ipv6_too():
    try:
        httpd = Httpd("::1", 0, {})
    except OSError:
        pytest.skip("no IPv6 loopback on this machine")
    httpd.stop()
