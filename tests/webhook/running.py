"""The real server in processes of its own, and clients of it."""

import json
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

from policy.shapes import Json
from tests.waiting import WITHIN, eventually

from .apiserver import ApiServer
from .certificates import written
from .conftest import POLICY

_PROGRAM = """
import json, sys
from pathlib import Path
from webhook.options import WebhookOptions
from webhook.serving import run_webhook
given = json.loads(sys.argv[1])
paths = {name: Path(given.pop(name)) for name in ("policy", "tls_dir", "kubeconfig")}
sys.exit(run_webhook(WebhookOptions(bind="127.0.0.1:0", **paths, **given)))
"""


@dataclass
class Server:
    """A running webhook. Its log is in `log`, one JSON line after the other."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int = 0

    @property
    def tls_dir(self) -> Path:
        return self.folder / "tls"

    @property
    def policy(self) -> Path:
        return self.folder / "policy.yaml"

    @property
    def log(self) -> list[Json]:
        return [json.loads(line) for line in (self.folder / "log").read_text().splitlines() if line]

    @property
    def workers(self) -> list[int]:
        """The pids of the workers, as the board shows them."""
        return [int(pid) for pid in re.findall(r"^worker (\d+):", self.get("/readyz")[1], re.MULTILINE)]

    def trust(self) -> ssl.SSLContext:
        """What a client of the API server's kind checks."""
        return ssl.create_default_context(cafile=str(self.tls_dir / "ca.crt"))

    def connection(self, context: ssl.SSLContext | None = None, timeout: float = 20) -> HTTPSConnection:
        return HTTPSConnection("127.0.0.1", self.port, context=context or self.trust(), timeout=timeout)

    def get(self, path: str) -> tuple[int, str]:
        with closing(self.connection()) as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()

    def ask(self, body: bytes, path: str = "/mutate", connection: HTTPSConnection | None = None) -> Json:
        """The response to a review, over `connection` or a new one."""
        if connection is None:
            with closing(self.connection()) as own:
                return self.ask(body, path, own)
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answered = response.read()
        assert response.status == 200, answered
        found: Json = json.loads(answered)["response"]
        return found

    def metric(self, name: str, **labels: str) -> float:
        """The sum of all samples of this name that have these labels."""
        total = 0.0
        for line in self.get("/metrics")[1].splitlines():
            found = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
            if found and all(f'{key}="{value}"' in (found[1] or "") for key, value in labels.items()):
                total += float(found[2])
        return total

    def stop(self) -> int:
        """End it in good order; the exit status comes back."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WITHIN)


@contextmanager
def running(folder: Path, api: ApiServer, *, prepared: bool = False, **options: Any) -> Iterator[Server]:
    """A webhook whose API server is `api`, until the end of the block; it listens, and may not be ready."""
    if not prepared:
        prepare(folder)
    (folder / "kubeconfig").write_text(json.dumps(_kubeconfig(api.url)))
    paths = {"policy": "policy.yaml", "tls_dir": "tls", "kubeconfig": "kubeconfig"}
    given = {name: str(folder / place) for name, place in paths.items()} | {"workers": 2} | options
    with (folder / "log").open("wb") as log:
        argv = [sys.executable, "-c", _PROGRAM, json.dumps(given)]
        process = subprocess.Popen(argv, stderr=log, cwd=Path(__file__).parents[2])
    server = Server(process, folder)
    try:
        eventually(lambda: _listening(server))
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        finally:
            process.kill()


def prepare(folder: Path) -> None:
    """Write policy and certificates."""
    (folder / "policy.yaml").write_text(POLICY)
    written(folder / "tls")


def is_ready(server: Server) -> bool:
    return server.get("/readyz")[0] == 200


def _listening(server: Server) -> bool:
    assert server.process.poll() is None, (server.folder / "log").read_text()
    found = re.search(r"Listening at: https://127.0.0.1:(\d+)", (server.folder / "log").read_text())
    server.port = int(found[1]) if found else 0
    return found is not None


def _kubeconfig(url: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
    }
