"""Connections of one thread: what happens to one of them is nothing to the others."""

import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from webhook.sockets import BoundedSocket
from webhook.tls import ServedCertificate

from .certificates import written

Pair = tuple[ssl.SSLSocket, ssl.SSLSocket]


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[[], Pair]]:
    """Makes a connection; returns the client's side and the server's, which does not block."""
    written(tmp_path)
    served = ServedCertificate(tmp_path).context
    trusting = ssl.create_default_context(cafile=tmp_path / "ca.crt")
    trusting.check_hostname = False
    with ExitStack() as opened:
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        thread = opened.enter_context(ThreadPoolExecutor(1))

        def make() -> Pair:
            client = thread.submit(lambda: trusting.wrap_socket(socket.create_connection(listener.getsockname())))
            accepted, _ = listener.accept()
            server = opened.enter_context(served.wrap_socket(accepted, server_side=True))
            server.setblocking(False)
            return opened.enter_context(client.result()), server

        yield make


def test_a_connection_that_breaks_does_not_make_others_look_broken(connect: Callable[[], Pair]) -> None:
    client, healthy = connect()
    assert isinstance(healthy, BoundedSocket)
    vanished, broken = connect()
    vanished.close()  # it has not read what TLS 1.3 sends after the handshake, so the server meets a reset
    for operation in (lambda: broken.recv(1), lambda: broken.send(b"x"), lambda: broken.recv(1)):
        with suppress(OSError):
            operation()
        with pytest.raises(ssl.SSLWantReadError):
            healthy.recv(1)
    client.sendall(b"request")
    healthy.setblocking(True)
    assert healthy.recv(100) == b"request"
