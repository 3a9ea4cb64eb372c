"""Asking Pods what they serve: real TLS servers on loopback, and addresses where nobody is."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from certs.authority import KeyPair, issue_authority, issue_serving
from certs.files import ServingFiles, write_files
from certs.names import ServingNames
from controller.certificates.replicas import ask_all

Json = dict[str, Any]
QUICKLY = 0.3


def a_pair() -> KeyPair:
    def clock() -> datetime:
        return datetime.now(UTC)

    authority = issue_authority(timedelta(days=2), clock)
    return issue_serving(authority, ServingNames.parse(["webhook.svc"], []), timedelta(days=1), clock)


def a_pod(name: str, address: tuple[str, int] | None, phase: str = "Running") -> Json:
    host, port = address or (None, 1)
    containers = [
        {"name": "sidecar", "ports": [{"containerPort": 1}]},
        {"name": "webhook", "ports": [{"name": "https", "containerPort": port}]},
    ]
    status = {"phase": phase, "podIP": host} if host else {"phase": phase}
    return {"metadata": {"name": name}, "spec": {"containers": containers}, "status": status}


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[KeyPair | None], tuple[str, int]]]:
    """Start a server; without a pair it accepts connections and says nothing. Returns its address."""
    with ExitStack() as ending:

        def start(pair: KeyPair | None) -> tuple[str, int]:
            listener = ending.enter_context(socket.create_server(("127.0.0.1", 0)))
            if pair:
                write_files(tmp_path, ServingFiles(b"", pair.certificate, pair.key))
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
                thread = threading.Thread(target=_answer_once, args=(listener, context))
                thread.start()
                ending.callback(thread.join)
            host, port = listener.getsockname()
            return host, port

        yield start


def _answer_once(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    with connection, suppress(ssl.SSLError, ConnectionError):
        context.wrap_socket(connection, server_side=True).close()


def test_the_served_certificate_is_seen_whoever_signed_it(serve) -> None:
    pair = a_pair()
    (replica,) = ask_all([a_pod("webhook-0", serve(pair))], 10)
    assert replica.name == "webhook-0"
    assert replica.certificate == x509.load_pem_x509_certificate(pair.certificate)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(lambda serve: serve(None), id="one that is silent"),
        pytest.param(lambda _: ("127.0.0.1", 1), id="one that refuses connections"),
        pytest.param(lambda _: None, id="one that has no address yet"),
    ],
)
def test_a_pod_that_does_not_answer_is_there_without_a_certificate(serve, address) -> None:
    (replica,) = ask_all([a_pod("webhook-0", address(serve))], QUICKLY)
    assert (replica.name, replica.certificate) == ("webhook-0", None)


def test_a_silent_one_holds_nobody_up_and_the_order_stays(serve) -> None:
    pods = [a_pod(f"webhook-{number}", serve(None)) for number in range(3)]
    pods.append(a_pod("webhook-3", serve(a_pair())))
    replicas = ask_all(pods, QUICKLY)
    assert [replica.name for replica in replicas] == [f"webhook-{number}" for number in range(4)]
    assert [replica.certificate is None for replica in replicas] == [True, True, True, False]


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_has_ended_serves_nothing_and_is_left_out(phase) -> None:
    assert ask_all([a_pod("webhook-0", None, phase)], QUICKLY) == ()
