"""A watch: the changes of a collection, as the server streams them, one JSON object on each line.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import Final, Literal, TypeAlias, cast, get_args

import orjson
import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from kube.errors import Silent, Unreachable, Unreadable, error_of
from kube.transport import Call, Transport, refusal
from policy.shapes import Json

EventType: TypeAlias = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]

_EVENT_TYPES: Final = frozenset(get_args(EventType))
_READ_BYTES: Final = 1 << 16
_BROKEN: Final = (HTTPError, HTTPException, OSError)


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One change. A BOOKMARK changes nothing: its object holds the resource version that has been reached."""

    type: EventType
    object: Json


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """When a watch ends, in seconds: `lifetime` after its start, by the server and without an error; `silence` after
    the last byte, as Silent. A server that is well sends a bookmark about every minute, so 150 s means that two
    of them are missing.
    """

    lifetime: float = 300.0
    silence: float = 150.0


USUAL_LIMITS: Final = WatchLimits()


class Watch:
    """Iterate over it once for the events; it ends when the server ends it, or soon after `close()`.

    The connection is its own, not one of the pool: another thread can then cut it off at any moment. Opening and
    iterating raise Gone when the resource version is too old, Unreachable when the connection breaks, Silent when
    nothing was said for `silence` seconds, Unreadable for a line that is no event, ApiError for a refusal.
    """

    def __init__(self, transport: Transport, call: Call, silence: float) -> None:
        self._transport = transport
        self._call = call
        self._silence = silence
        self._connection = transport.dedicated_connection()
        self._response: urllib3.HTTPResponse | None = None
        self._socket: socket.socket | None = None
        self._opened = False
        self._closed = False

    def open(self) -> None:
        """Have the server begin. Iterating does this by itself; done before, it tells when the server has agreed."""
        self._opened = True
        with self._errors_named():
            self._connection.connect()
            self._socket = cast("socket.socket", self._connection.sock)
            if not self._closed:  # before there was a socket to shut down
                self._response = self._begin(self._socket)

    def __iter__(self) -> Iterator[WatchEvent]:
        if not self._opened:
            self.open()
        with self._errors_named():
            for line in lines(self._chunks()):
                yield self._event(line)
        self._hang_up()

    def close(self) -> None:
        """End the iteration from another thread: at once, or after the connect time-out while it is still dialling."""
        self._closed = True
        if self._socket is not None:
            # The base class's method: SSLSocket's own would take the TLS state away under the reading thread.
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except _BROKEN as error:
            self._hang_up()
            if self._closed:  # cut off by us
                return
            kind = Silent if isinstance(error, ReadTimeoutError) else Unreachable
            raise kind(str(self._call), self._transport.host, error) from error
        except BaseException:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        # Both: the response holds the socket open after the connection has let go of it.
        if self._response is not None:
            self._response.close()
        self._connection.close()

    def _begin(self, stream: socket.socket) -> urllib3.HTTPResponse:
        self._connection.timeout = self._call.timeout  # until the headers are here, which the server sends at once
        target, headers = self._transport.target(self._call), self._transport.headers(self._call)
        self._connection.request(self._call.method, target, headers=headers, preload_content=False)
        response = self._connection.getresponse()
        if response.status != 200:
            raise refusal(self._call, response)
        stream.settimeout(self._silence)
        return response

    def _chunks(self) -> Iterator[bytes]:
        while self._response is not None and (chunk := self._response.read1(_READ_BYTES)):
            yield chunk

    def _event(self, line: bytes) -> WatchEvent:
        try:
            event = orjson.loads(line)
            kind, obj = event["type"], event["object"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise Unreadable(str(self._call), 200, line) from error
        if kind == "ERROR" and isinstance(obj, dict):
            raise error_of(str(self._call), 500, obj)
        if kind not in _EVENT_TYPES or not isinstance(obj, dict):
            raise Unreadable(str(self._call), 200, line)
        return WatchEvent(kind, obj)


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The complete lines of a stream cut anywhere, without their ends; empty ones and an unfinished last one are left
    out: a server that dies in the middle of an event has not said it.
    """
    pending = bytearray()
    for chunk in chunks:
        pending += chunk
        if b"\n" in chunk:
            *complete, rest = bytes(pending).split(b"\n")
            yield from filter(None, complete)
            pending = bytearray(rest)
