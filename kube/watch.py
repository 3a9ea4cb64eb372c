"""A watch: the changes of a collection, as the server streams them, one JSON object on each line.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import Final, Literal, TypeAlias, cast, get_args

import orjson
import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, ReadTimeoutError

from kube.errors import Silent, Unreadable, error_of
from kube.transport import Call, Transport, refusal
from policy.shapes import Json

EventType: TypeAlias = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]

_EVENT_TYPES: Final = frozenset(get_args(EventType))
_READ_BYTES: Final = 1 << 16


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

    The connection is its own, not one of the pool: another thread can then cut it off at any moment. Iterating
    raises Gone when the resource version is too old, Unreachable when the connection breaks, Silent when nothing was
    said for `silence` seconds, Unreadable for a line that is no event, ApiError for a refusal.
    """

    def __init__(self, transport: Transport, call: Call, silence: float) -> None:
        self._transport = transport
        self._call = call
        self._silence = silence
        self._socket: socket.socket | None = None
        self._closed = False

    def __iter__(self) -> Iterator[WatchEvent]:
        connection = self._transport.dedicated_connection()
        try:
            for line in lines(self._chunks(connection)):
                yield self._event(line)
        except ReadTimeoutError as error:
            raise Silent(str(self._call), self._transport.host, error) from error
        except (HTTPError, HTTPException, OSError) as error:
            if not self._closed:
                raise self._transport.unreachable(self._call, error) from error
        finally:
            connection.close()

    def close(self) -> None:
        """End the iteration from another thread: at once, or after the connect time-out while it is still dialling."""
        self._closed = True
        if self._socket is not None:
            # The base class's method: SSLSocket's own would take the TLS state away under the reading thread.
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _chunks(self, connection: HTTPConnection) -> Iterator[bytes]:
        connection.connect()
        self._socket = cast("socket.socket", connection.sock)
        if self._closed:  # before there was a socket to shut down
            return
        response = self._open(connection)
        if response.status != 200:
            raise refusal(self._call, response)
        self._socket.settimeout(self._silence)
        while chunk := response.read1(_READ_BYTES):
            yield chunk

    def _open(self, connection: HTTPConnection) -> urllib3.HTTPResponse:
        connection.timeout = self._call.timeout  # until the headers are here, which the server sends at once
        call = self._call
        connection.request(
            call.method, self._transport.target(call), headers=self._transport.headers(call), preload_content=False
        )
        return connection.getresponse()

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
