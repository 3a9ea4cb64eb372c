"""A small API server that only reads, and lets nobody see what a test has it forbid."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias

from tests.answering import answer_json

Json: TypeAlias = dict[str, Any]


class Cluster:
    """Answers by path: one object, or a list of them; `forbidden` are ends of paths."""

    def __init__(self) -> None:
        self.objects: dict[str, Json | list[Json]] = {}
        self.forbidden: tuple[str, ...] = ()

    def answer(self, path: str) -> tuple[int, Json]:
        """A status and a body."""
        if path.endswith(self.forbidden or ("nothing",)):
            return 403, {"kind": "Status", "reason": "Forbidden", "message": f"you may not read {path}"}
        found = self.objects.get(path, [] if path.rsplit("/", 1)[-1].endswith("s") else None)
        if found is None:
            return 404, {"kind": "Status", "reason": "NotFound", "message": "not found"}
        return 200, found if isinstance(found, dict) else {"metadata": {"resourceVersion": "1"}, "items": found}


@contextmanager
def serving(cluster: Cluster, folder: Path) -> Iterator[Path]:
    """A kubeconfig, in `folder`, by which the cluster is reached."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer_json(self, *cluster.answer(self.path.partition("?")[0]))

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    config = {
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": address}}],
        "users": [{"name": "test", "user": {}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
    }
    file = folder / "kubeconfig"
    file.write_text(json.dumps(config))
    try:
        yield file
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
