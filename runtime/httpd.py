"""A small HTTP server for probes and metrics, in a thread of its own."""

import logging
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, TypeAlias

from runtime.health import Health
from runtime.metrics import CONTENT_TYPE, Metrics

_LOG: Final = logging.getLogger(__name__)
_TEXT: Final = "text/plain; charset=utf-8"
# A client that takes longer to send its few lines is not a probe.
_CLIENT_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Page:
    """One answer."""

    body: bytes
    status: int = 200
    content_type: str = _TEXT


Pages: TypeAlias = Mapping[str, Callable[[], Page]]


def health_page(health: Health) -> Page:
    """A report as a page: 200 or 503."""
    report = health.report()
    return Page(report.text.encode(), 200 if report.healthy else 503)


def standard_pages(alive: Health, ready: Health, metrics: Metrics) -> Pages:
    """The pages every process of ours serves."""
    return {
        "/healthz": lambda: health_page(alive),
        "/readyz": lambda: health_page(ready),
        "/metrics": lambda: Page(metrics.exposition(), content_type=CONTENT_TYPE),
    }


class Httpd:
    """Serves `pages` at `host:port`, over plain HTTP: what they say is no secret. Port 0 takes a free one.

    The constructor binds, and raises OSError when it cannot; `start` begins to answer.
    """

    def __init__(self, host: str, port: int, pages: Pages) -> None:
        handler = type("PagesHandler", (_Handler,), {"pages": pages})
        self._server = _Server((host, port), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="httpd", daemon=True)

    @property
    def port(self) -> int:
        """The port that is served."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Without this the end would wait for a client that has stopped talking.
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind, without the base class's look-up of our own name, which can hang where DNS does."""
        socketserver.TCPServer.server_bind(self)


class _Handler(BaseHTTPRequestHandler):
    pages: Pages
    timeout = _CLIENT_SECONDS

    def do_GET(self) -> None:
        """Answer with the page of this path, or 404."""
        page = self._page(self.path.partition("?")[0])
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        self.wfile.write(page.body)

    def _page(self, path: str) -> Page:
        make = self.pages.get(path)
        if make is None:
            return Page(b"not found\n", 404)
        try:
            return make()
        except Exception:
            _LOG.exception("page cannot be made", extra={"keys": {"path": path}})
            return Page(b"internal error\n", 500)

    def log_message(self, *_args: object) -> None:
        """Probes come every few seconds and are not worth a line."""
