"""Both ends of the tunnel on this machine, and an echo at the far side."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from testbed.ports import LOOPBACK, free_ports
from testbed.waiting import wait_for

SECONDS = 10.0
CONNECTED = b"HTTP/1.1 200 OK\r\n\r\n"


class Echo(StreamRequestHandler):
    """Says what it has been told, once it has been told all of it."""

    def handle(self) -> None:
        self.wfile.write(self.rfile.read())


@dataclass
class Tunnel:
    """The programs of both ends, with their sockets and ports."""

    folder: Path
    ends: dict[str, subprocess.Popen[bytes]]
    lines_port: int
    api_server_port: int
    service_port: int

    def start(self, name: str) -> None:
        api_server, service = str(self.api_server_port), str(self.service_port)
        arguments = {"host": ["socket"], "node": [LOOPBACK]}[name]
        more = {"host": [], "node": [api_server, LOOPBACK, service]}[name]
        module = f"testbed.tunnel.{name}_end"
        argv = [sys.executable, "-m", module, *arguments, str(self.lines_port), *more]
        self.ends[name] = subprocess.Popen(argv, cwd=self.folder)

    def stop(self, name: str) -> None:
        self.ends[name].send_signal(signal.SIGTERM)
        self.ends[name].wait(SECONDS)

    def call(self, target: int) -> socket.socket:
        """A connection through the tunnel to a port of this machine."""
        caller = socket.socket(socket.AF_UNIX)
        caller.settimeout(SECONDS)
        caller.connect(str(self.folder / "socket"))
        caller.sendall(f"CONNECT {LOOPBACK}:{target} HTTP/1.1\r\nHost: {LOOPBACK}\r\n\r\n".encode())
        return caller


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def ask(connection: socket.socket, question: bytes) -> bytes:
    """Say something, hang up, and return the whole answer."""
    with connection, ThreadPoolExecutor() as speaking:
        speaking.submit(lambda: (connection.sendall(question), connection.shutdown(socket.SHUT_WR)))
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture
def echo() -> Iterator[int]:
    """The port on which an echo listens."""
    with ThreadingTCPServer((LOOPBACK, 0), Echo) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def tunnel(tmp_path: Path, echo: int) -> Iterator[Tunnel]:
    """A tunnel, with the echo in the place of the API server."""
    lines, service = free_ports(2)
    made = Tunnel(tmp_path, {}, lines, echo, service)
    made.start("host")
    wait_for("the host's end", lambda: listens(lines), SECONDS)
    made.start("node")
    wait_for("the node's end", lambda: listens(service), SECONDS)
    yield made
    for name in ("node", "host"):
        made.stop(name)


@pytest.mark.parametrize(
    "size",
    [pytest.param(5, id="a word"), pytest.param(3_000_000, id="more than fits into any buffer")],
)
def test_more_callers_than_spare_lines_are_each_connected_to_what_they_ask_for(
    tunnel: Tunnel, echo: int, size: int
) -> None:
    questions = [bytes([number]) * size for number in range(12)]
    with ThreadPoolExecutor(len(questions)) as callers:
        answers = list(callers.map(ask, [tunnel.call(echo) for _ in questions], questions))
    assert answers == [CONNECTED + question for question in questions]


def test_a_caller_is_told_where_nobody_listens_and_the_next_one_is_served(tunnel: Tunnel, echo: int) -> None:
    (nobody,) = free_ports(1)
    assert ask(tunnel.call(nobody), b"hello").startswith(b"HTTP/1.1 502 ")
    assert ask(tunnel.call(echo), b"hello") == CONNECTED + b"hello"


def test_lines_of_a_node_that_is_gone_are_given_to_nobody(tunnel: Tunnel, echo: int) -> None:
    tunnel.stop("node")
    early = tunnel.call(echo)
    tunnel.start("node")
    assert ask(early, b"hello") == CONNECTED + b"hello"


def test_what_connects_to_the_service_is_connected_to_the_api_server(tunnel: Tunnel) -> None:
    assert ask(socket.create_connection((LOOPBACK, tunnel.service_port), SECONDS), b"hello") == b"hello"


def test_without_an_api_server_its_clients_are_hung_up_on(tunnel: Tunnel) -> None:
    tunnel.stop("node")
    (tunnel.api_server_port,) = free_ports(1)
    tunnel.start("node")
    wait_for("the node's end", lambda: listens(tunnel.service_port), SECONDS)
    with socket.create_connection((LOOPBACK, tunnel.service_port), SECONDS) as client:
        assert client.recv(1) == b""
