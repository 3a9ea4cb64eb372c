"""The null view: `python -m bench.peers.null TLS_DIR PORT WORKERS`, a Flask view that only says yes, on our gunicorn.

What remains between this and nfs-steward's webhook is what nfs-steward's rules, log and metrics cost. Settings, worker
class, parser, TLS and the treatment of the garbage collector are the webhook's own.
"""

import gc
import sys
from pathlib import Path

import orjson
from flask import Flask, Response, request
from gunicorn.app.base import BaseApplication

from certs.files import CERTIFICATE_FILE, KEY_FILE
from webhook import gunicorn_conf
from webhook.tls import ServedCertificate


def create_app() -> Flask:
    """One view: parse the review, allow it, nothing more."""
    app = Flask("null", static_folder=None)

    @app.post("/mutate")
    def mutate() -> Response:
        review = orjson.loads(request.get_data(cache=False))
        response = {"uid": review["request"]["uid"], "allowed": True}
        answer = {"apiVersion": review["apiVersion"], "kind": "AdmissionReview", "response": response}
        return Response(orjson.dumps(answer), content_type="application/json")

    return app


class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no type information
    """gunicorn, configured as `webhook.serving` does it."""

    def __init__(self, tls: Path, port: int, workers: int) -> None:
        self._tls = tls
        self._certificate = ServedCertificate(tls)
        self._address = f"127.0.0.1:{port}"
        self._workers = workers
        super().__init__()

    def load_config(self) -> None:
        """Take the webhook's configuration file, then what this server was called with."""
        for name in self.cfg.settings:
            if hasattr(gunicorn_conf, name):
                self.cfg.set(name, getattr(gunicorn_conf, name))
        self.cfg.set("bind", self._address)
        self.cfg.set("workers", self._workers)
        self.cfg.set("certfile", str(self._tls / CERTIFICATE_FILE))
        self.cfg.set("keyfile", str(self._tls / KEY_FILE))
        self.cfg.set("ssl_context", lambda _config, _default: self._certificate.context)
        self.cfg.set("when_ready", _freeze)

    def load(self) -> Flask:
        """Make a worker's application."""
        return create_app()


def _freeze(_arbiter: object) -> None:
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    Server(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])).run()
