"""HTTP to one API server: bytes out, JSON in, every failure as an `ApiError`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlencode

import orjson
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ProtocolError

from kube.credentials import Access
from kube.errors import ApiError, Unreachable, Unreadable, error_of
from kube.keepalive import KEEPALIVE
from policy.shapes import Json

DEFAULT_TIMEOUT: Final = 10.0
_CONNECT_TIMEOUT: Final = 3.0
# Idle connections kept. More are opened under load and closed after use, so this bounds no concurrency.
_IDLE_CONNECTIONS: Final = 32
_USER_AGENT: Final = "nfs-steward"


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `timeout`, in seconds, holds for each wait on the server, not for the transfer as a whole."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = DEFAULT_TIMEOUT

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Transport:
    """Connections to one API server. Safe to use from many threads.

    Neither redirects nor statuses are retried: what to do about an error is the caller's decision.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._url = urllib3.util.parse_url(access.url)
        self._host = self._url.host or ""
        self._pool = self._new_pool()

    @property
    def host(self) -> str:
        """`host:port` of the server, for messages."""
        return self._url.netloc or self._access.url

    def send(self, call: Call) -> bytes:
        """The body of a successful answer; raises the ApiError that the answer, or its absence, stands for."""
        response = self._exchange(call)
        if response.status >= 300:
            raise refusal(call, response)
        return response.data

    def server_time(self, call: Call) -> datetime:
        """What the server's clock says as it answers, to the second: RFC 9110, section 6.6.1. Raises Unreadable where
        it does not say.
        """
        response = self._exchange(call)
        try:
            return parsedate_to_datetime(response.headers.get("Date", ""))
        except ValueError as error:
            raise Unreadable(str(call), response.status, response.data) from error

    def send_for_json(self, call: Call) -> Json:
        """As `send`, for an answer that is one JSON object; raises Unreadable when it is not."""
        body = self.send(call)
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Unreadable(str(call), 200, body) from error
        if not isinstance(answer, dict):
            raise Unreadable(str(call), 200, body)
        return answer

    def dedicated_connection(self) -> HTTPConnection:
        """A connection outside the pool, not yet connected: whoever holds it may cut it off at any time."""
        kind: type[HTTPConnection] = HTTPConnection if self._access.tls is None else HTTPSConnection
        return kind(self._host, self._url.port, timeout=_CONNECT_TIMEOUT, **self._connection_options())

    def target(self, call: Call) -> str:
        """What goes on the request line; the server's URL may have a path of its own, which comes first."""
        path = (self._url.path or "").rstrip("/") + call.path
        return f"{path}?{urlencode(call.query)}" if call.query else path

    def headers(self, call: Call) -> dict[str, str]:
        """The request's headers, with the credentials of this moment."""
        headers = {"User-Agent": _USER_AGENT, "Accept": "application/json", **call.headers}
        authorization = self._access.authorization()
        return headers | ({"Authorization": authorization} if authorization else {})

    def close(self) -> None:
        """Close idle connections. Calls under way are not disturbed."""
        self._pool.close()

    def _exchange(self, call: Call) -> urllib3.BaseHTTPResponse:
        try:
            try:
                return self._exchange_once(call)
            except ProtocolError:
                # The server may have closed an idle connection at the very moment we used it. A read can be asked
                # again; of a write nobody knows whether it was done.
                if call.method != "GET":
                    raise
                return self._exchange_once(call)
        except (HTTPError, OSError) as error:
            raise Unreachable(str(call), self.host, error) from error

    def _exchange_once(self, call: Call) -> urllib3.BaseHTTPResponse:
        return self._pool.urlopen(
            call.method,
            self.target(call),
            body=call.body,
            headers=self.headers(call),
            timeout=urllib3.Timeout(connect=min(_CONNECT_TIMEOUT, call.timeout), read=call.timeout),
            retries=False,
            redirect=False,
        )

    def _new_pool(self) -> urllib3.HTTPConnectionPool:
        kind = urllib3.HTTPConnectionPool if self._access.tls is None else urllib3.HTTPSConnectionPool
        return kind(self._host, self._url.port, maxsize=_IDLE_CONNECTIONS, **self._connection_options())

    def _connection_options(self) -> dict[str, Any]:
        if self._access.tls is None:
            return {"socket_options": KEEPALIVE}
        tls = {"ssl_context": self._access.tls, "server_hostname": self._access.server_name}
        return {"socket_options": KEEPALIVE, **tls}


def refusal(call: Call, response: urllib3.BaseHTTPResponse) -> ApiError:
    """The error that a refusing answer stands for, whether or not its body is a `Status` object."""
    status = _status_object(response.data)
    return error_of(str(call), response.status, status, _retry_after(response.headers.get("Retry-After")))


def _status_object(body: bytes) -> Mapping[str, Any]:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        parsed = None
    return parsed if isinstance(parsed, dict) else {"message": body[:200].decode("utf-8", "replace").strip()}


def _retry_after(header: str | None) -> float | None:
    # RFC 9110 also allows a date, which the API server never sends.
    return float(header) if header and header.isascii() and header.isdigit() else None
