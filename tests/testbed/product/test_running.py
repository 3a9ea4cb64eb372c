import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed.ports import LOOPBACK
from testbed.product.product import Running
from testbed.supervision.client import Program, Supervisor

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nready"
NOT_READY = WHOLE.replace(b"200 OK", b"503 Service Unavailable")


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], str]]:
    """Serves one connection with these bytes and closes it; returns the address to ask."""
    with socket.create_server((LOOPBACK, 0)) as listener:

        def serve(answer: bytes) -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        def start(answer: bytes) -> str:
            threading.Thread(target=serve, args=(answer,), daemon=True).start()
            return f"http://{LOOPBACK}:{listener.getsockname()[1]}/readyz"

        yield start


@pytest.fixture
def process(tmp_path: Path) -> Iterator[object]:
    supervisor = Supervisor()
    yield supervisor.start(Program("program", [sys.executable, "-c", ""], tmp_path / "log"))
    supervisor.close()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(WHOLE, "ready", id="it says so"),
        pytest.param(NOT_READY, None, id="it says that it is not"),
        pytest.param(b"", None, id="it is gone before it answers"),
        pytest.param(WHOLE[:-2], None, id="it is gone while it answers"),
    ],
)
def test_a_program_is_ready_when_it_says_so_in_full(answering, process, answer, expected):
    assert Running(process, answering(answer)).readiness() == expected
