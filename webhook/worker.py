"""gunicorn's threaded worker, made for short requests and clients that cannot be trusted to be quick.

A review takes a few hundred microseconds, and handing it to a thread and back costs about as much: with the
interpreter's lock the threads mostly wake each other. So a request that has arrived whole is served by the loop itself.
Whatever may have to be waited for is a thread's: handshakes, requests that come in pieces, closing connections; and for
a while everything, once a request has made the loop wait, as it does when the API server is slow to answer us.
"""

import re
import ssl
import threading
import time
from functools import partial
from selectors import EVENT_READ
from typing import Any, Final

from gunicorn.workers.gthread import TConn, ThreadWorker

from webhook.sockets import REQUEST_SECONDS

LAME_DUCK_SECONDS: Final = 2.0
"""How long idle connections are kept when the worker is asked to stop, so that no request meets a closed one."""

# A review is a few kilobytes; one that is larger comes in pieces.
_WHOLE: Final = 64 * 1024
_CONTENT_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*\r\n", re.IGNORECASE)
# What the loop may spend on one client, and from when on a request counts as slow, even on a machine that is too busy.
_LOOP_SECONDS: Final = 0.1
_SLOW_SECONDS: Final = 0.25
_THREADED_SECONDS: Final = 1.0
# How long a worker stands back from a new connection, for each that it has.
_POLITE_SECONDS: Final = 0.0002
_MOST_POLITE: Final = 10


class ReviewWorker(ThreadWorker):  # type: ignore[misc] # gunicorn has no type information
    """Serves whole requests on the event loop, and all others in threads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._threaded_until = 0.0
        self._idle_kept = True

    def accept(self, listener: Any) -> None:
        """Take a new connection; no thread is spent on it before its first byte.

        All workers are woken for it, and the API server's few connections live long: whoever has more of them lets the
        others go first, or one worker could get them all.
        """
        time.sleep(min(self.nr_conns, _MOST_POLITE) * _POLITE_SECONDS)
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError, InterruptedError):
            return
        self.nr_conns += 1
        conn = TConn(self.cfg, client, address, listener.getsockname())
        conn.timeout = time.monotonic() + REQUEST_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(client, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def handle(self, conn: Any) -> Any:
        """Serve one request; of a new connection only the handshake: it may well have no request yet."""
        if conn.initialized:
            return super().handle(conn)
        try:
            conn.sock.setblocking(True)
            conn.init()
        except OSError as error:  # the TLS errors are among them
            self.log.debug("Closing connection: %s", error)
            return False
        return True

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Serve the request here if it is all there, else in a thread."""
        try:
            data = _available(client)
        except ssl.SSLWantReadError:
            return
        except OSError:
            data = b""
        if not data:
            self._forget(conn, client)
            return
        conn.parser.unreader.unread(data)
        if not is_whole(data) or time.monotonic() < self._threaded_until:
            super().on_client_socket_readable(conn, client)
            return
        self._serve(conn, client)

    def finish_request(self, conn: Any, future: Any) -> None:
        """Wait for the connection's next request, or close it."""
        error = future.exception()
        if error is not None:
            self.log.error("Error serving a connection", exc_info=error)
        if self.alive and error is None and future.result():
            super().finish_request(conn, future)
        else:
            self._close(conn)

    def handle_exit(self, sig: Any, frame: Any) -> None:
        """Stop in good order: idle connections may still bring a request for a moment, then they are closed."""
        super().handle_exit(sig, frame)
        timer = threading.Timer(LAME_DUCK_SECONDS, self.method_queue.defer, (self._let_idle_go,))
        timer.daemon = True
        timer.start()

    def murder_keepalived(self) -> None:
        """Close the connections that have been idle for too long; gunicorn calls it when all events are handled."""
        if not self._idle_kept:
            for conn in tuple(self.keepalived_conns):
                self._forget(conn, conn.sock)
        super().murder_keepalived()

    def _let_idle_go(self) -> None:
        self._idle_kept = False

    def _serve(self, conn: Any, client: Any) -> None:
        started = time.monotonic()
        client.allowance = _LOOP_SECONDS
        kept = self.handle(conn)
        client.allowance = REQUEST_SECONDS
        finished = time.monotonic()
        if finished - started > _SLOW_SECONDS:
            self._threaded_until = finished + _THREADED_SECONDS
        if not kept or not self.alive:
            self._forget(conn, client)
            return
        client.setblocking(False)
        conn.set_timeout()
        self.keepalived_conns.remove(conn)  # its place is by the time at which it expires
        self.keepalived_conns.append(conn)

    def _forget(self, conn: Any, client: Any) -> None:
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._close(conn)

    def _close(self, conn: Any) -> None:
        """Close in a thread: gunicorn waits up to 2 s for the peer to have read all."""
        self.nr_conns -= 1
        self.tpool.submit(conn.close, graceful=True)


def _available(client: Any) -> bytes:
    """What has arrived, up to a whole request; raises SSLWantReadError where that is nothing yet."""
    data: bytes = client.recv(_WHOLE)
    while data and len(data) < _WHOLE and not is_whole(data):
        try:
            more: bytes = client.recv(_WHOLE)
        except ssl.SSLWantReadError:
            return data
        if not more:
            return data
        data += more
    return data


def is_whole(data: bytes) -> bool:
    """Whether `data` holds all of a request whose head gives its length."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = _CONTENT_LENGTH.search(data, 0, head + 2)
    if length is None:
        return data.startswith(b"GET ")
    return len(data) >= head + 4 + int(length[1])
