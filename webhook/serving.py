"""The server: gunicorn and its workers, and what they share."""

import gc
import ssl
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from certs.files import CERTIFICATE_FILE, KEY_FILE
from kube.connection import connect
from runtime.logs import configure
from runtime.metrics import shared_metrics
from runtime.policyfile import PolicyFile
from webhook import gunicorn_conf
from webhook.board import shared_board
from webhook.duty import Duty, Shared
from webhook.gunicornlog import ProcessLogger
from webhook.options import WebhookOptions
from webhook.waiting import first_certificate


def run_webhook(options: WebhookOptions) -> int:
    """Serve until SIGTERM or SIGINT; the process's exit status comes back, in a worker as in the parent.

    Raises `PolicyInvalid`, `CertificateError` or `CredentialsInvalid` where there is nothing to serve with; for the
    certificate it waits a while first.
    """
    configure(json=options.log_json, level=options.log_level)
    policy_file = PolicyFile(options.policy)
    certificate = first_certificate(options.tls_dir, options.tls_wait)
    if certificate is None:
        return 0
    client = connect(options.kubeconfig)
    with shared_metrics() as metrics, shared_board(options.workers) as board:
        shared = Shared(options, client, policy_file, certificate, metrics, board)
        try:
            _Server(shared).run()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 1
    return 0


class _Server(BaseApplication):  # type: ignore[misc] # gunicorn has no type information
    """gunicorn with our configuration, and a duty for each worker."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        super().__init__()

    def load_config(self) -> None:
        """Take the configuration file, then what the command line says."""
        for name in self.cfg.settings:
            if hasattr(gunicorn_conf, name):
                self.cfg.set(name, getattr(gunicorn_conf, name))
        for name, value in self._settings().items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make a worker's application. gunicorn calls it in each worker, after the fork."""
        duty = Duty(self._shared)
        duty.start()
        return duty.app

    def _settings(self) -> dict[str, Any]:
        options = self._shared.options
        return {
            "bind": options.bind,
            "workers": options.workers,
            "certfile": str(options.tls_dir / CERTIFICATE_FILE),
            "keyfile": str(options.tls_dir / KEY_FILE),
            "ssl_context": self._ssl_context,
            "logger_class": ProcessLogger,
            "when_ready": _freeze,
            "child_exit": self._forget,
        }

    def _ssl_context(self, _config: object, _default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        """The context for one new connection: gunicorn asks each time."""
        return self._shared.certificate.context

    def _forget(self, _arbiter: object, worker: Any) -> None:
        self._shared.board.remove(worker.pid)
        self._shared.metrics.worker_ended(worker.pid)


def _freeze(_arbiter: object) -> None:
    """Keep the garbage collector off what is there before the fork: touching it would copy the workers' memory."""
    gc.collect()
    gc.freeze()
