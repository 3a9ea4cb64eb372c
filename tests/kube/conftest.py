"""A small API server on loopback: real HTTP, an object store with resource versions, and faults to order."""

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from kube.client import Client
from kube.credentials import Access
from kube.transport import Transport

Json = dict[str, Any]
Fault = Callable[["Handler"], None]


@dataclass
class Request:
    """What the server saw: the query has one value for each name, `peer` is the name in a client's certificate."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    peer: str | None = None

    @property
    def watches(self) -> bool:
        return "watch" in self.query


@dataclass
class Api:
    """The state of the server, guarded by `changed`; a fault answers one request in the server's place."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    objects: dict[str, Json] = field(default_factory=dict)
    history: list[tuple[int, str, Json]] = field(default_factory=list)
    oldest: int = 0
    version: int = 1
    requests: list[Request] = field(default_factory=list)
    faults: list[tuple[Callable[[Request], bool], Fault]] = field(default_factory=list)
    generation: int = 0
    ending: Fault = lambda handler: handler.end_stream()
    opened: int = 0
    url: str = ""
    tls: ssl.SSLContext | None = None

    def serve_tls(self, context: ssl.SSLContext) -> None:
        """From now on every connection is a TLS one."""
        self.tls = context
        self.url = self.url.replace("http:", "https:")

    def put(self, path: str, obj: Json) -> Json:
        """Create or update an object at its path; the watchers hear of it."""
        with self.changed:
            kind = "MODIFIED" if path in self.objects else "ADDED"
            self.version += 1
            metadata = {"name": unquote(path.rsplit("/", 1)[1]), **obj.get("metadata", {})}
            metadata["resourceVersion"] = str(self.version)
            metadata.setdefault("uid", f"uid-{path}")
            self.objects[path] = {**obj, "metadata": metadata}
            self.history.append((self.version, kind, {"path": path, **self.objects[path]}))
            self.changed.notify_all()
            return self.objects[path]

    def remove(self, path: str) -> None:
        with self.changed:
            self.version += 1
            gone = self.objects.pop(path)
            gone = {**gone, "metadata": {**gone["metadata"], "resourceVersion": str(self.version)}}
            self.history.append((self.version, "DELETED", {"path": path, **gone}))
            self.changed.notify_all()

    def bookmark(self) -> None:
        """Tell the watchers how far they are, although nothing changed."""
        with self.changed:
            self.version += 1
            bookmark = {"path": None, "metadata": {"resourceVersion": str(self.version)}}
            self.history.append((self.version, "BOOKMARK", bookmark))
            self.changed.notify_all()

    def compact(self) -> None:
        """Forget the history: a watch from before now is answered with 410."""
        with self.changed:
            self.oldest = self.version
            self.history.clear()
            self.changed.notify_all()

    def end_watches(self, how: Fault | None = None) -> None:
        """End all open watches: as a server does whose time-out has come, or as `how` does it."""
        with self.changed:
            self.ending = how or Handler.end_stream
            self.generation += 1
            self.changed.notify_all()

    def fail(self, fault: Fault, when: Callable[[Request], bool] = lambda _request: True, times: int = 1) -> None:
        with self.changed:
            self.faults.extend([(when, fault)] * times)

    def seen(self, wanted: Callable[[Request], bool], count: int = 1, timeout: float = 10.0) -> list[Request]:
        """The requests that are wanted, as soon as there are `count` of them."""
        with self.changed:
            assert self.changed.wait_for(lambda: sum(map(wanted, self.requests)) >= count, timeout), self.requests
            return [request for request in self.requests if wanted(request)]

    def watched(self, count: int = 1) -> None:
        """Wait until so many watches have begun, so that ending them has something to end."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.opened >= count, 10), self.requests


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer on a kept connection takes 40 ms
    api: Api
    request_seen: Request

    def log_message(self, *_args: object) -> None:
        """Say nothing: what was asked is in `Api.requests`."""

    def handle_one_request(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle_one_request()

    def _respond(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length", 0))
        raw = self.rfile.read(length) if length else b""
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        body = json.loads(raw) if raw else None
        self.request_seen = Request(self.command, url.path, query, dict(self.headers), body, self._peer())
        fault = self._record()
        if fault is not None:
            fault(self)
        elif self.request_seen.watches:
            self._watch()
        else:
            self.answer(*getattr(self, f"_{self.command.lower()}")(url.path))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _respond  # noqa: N815 - http.server's names

    def _peer(self) -> str | None:
        certificate = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        return dict(item[0] for item in certificate["subject"])["commonName"] if certificate else None

    def _record(self) -> Fault | None:
        with self.api.changed:
            self.api.requests.append(self.request_seen)
            self.api.changed.notify_all()
            for index, (when, fault) in enumerate(self.api.faults):
                if when(self.request_seen):
                    del self.api.faults[index]
                    return fault
        return None

    def answer(self, status: int, body: Json | bytes, headers: dict[str, str] | None = None) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def start_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def end_stream(self) -> None:
        self.chunk(b"")

    def event(self, kind: str, obj: Json) -> None:
        self.chunk(json.dumps({"type": kind, "object": obj}).encode() + b"\n")

    def _get(self, path: str) -> tuple[int, Json]:
        with self.api.changed:
            if is_collection(path):
                return self._list(path)
            if path in self.api.objects:
                return 200, self.api.objects[path]
            return 404, status(404, "NotFound")

    def _list(self, path: str) -> tuple[int, Json]:
        found = [obj for at, obj in sorted(self.api.objects.items()) if inside(at, path)]
        limit = int(self.request_seen.query.get("limit", 0)) or len(found) or 1
        start = int(self.request_seen.query.get("continue", 0))
        metadata: Json = {"resourceVersion": str(self.api.version)}
        if start + limit < len(found):
            metadata["continue"] = str(start + limit)
        return 200, {"kind": "List", "metadata": metadata, "items": found[start : start + limit]}

    def _post(self, path: str) -> tuple[int, Json]:
        obj = self.request_seen.body
        with self.api.changed:
            at = f"{path}/{obj['metadata']['name']}"
            if at in self.api.objects:
                return 409, status(409, "AlreadyExists")
            return 201, self.api.put(at, obj)

    def _put(self, path: str) -> tuple[int, Json]:
        obj = self.request_seen.body
        with self.api.changed:
            if path not in self.api.objects:
                return 404, status(404, "NotFound")
            expected = obj["metadata"].get("resourceVersion")
            if expected not in (None, self.api.objects[path]["metadata"]["resourceVersion"]):
                return 409, status(409, "Conflict")
            return 200, self.api.put(path, obj)

    def _patch(self, path: str) -> tuple[int, Json]:
        with self.api.changed:
            if path not in self.api.objects:
                return 404, status(404, "NotFound")
            return 200, self.api.put(path, {**self.api.objects[path], **self.request_seen.body})

    def _delete(self, path: str) -> tuple[int, Json]:
        with self.api.changed:
            if path not in self.api.objects:
                return 404, status(404, "NotFound")
            self.api.remove(path)
            return 200, {"kind": "Status", "status": "Success"}

    def _watch(self) -> None:
        self.start_stream()
        with self.api.changed:
            self.api.opened += 1
            generation = self.api.generation
            self.api.changed.notify_all()
        self._stream(int(self.request_seen.query["resourceVersion"]), generation)

    def _stream(self, reached: int, generation: int) -> None:
        while True:
            with self.api.changed:
                if reached < self.api.oldest:
                    self.event("ERROR", status(410, "Expired"))
                    self.end_stream()
                    return
                fresh = [entry for entry in self.api.history if entry[0] > reached]
                ending = self.api.generation != generation
                if not fresh and not ending:
                    self.api.changed.wait(0.5)
                    continue
            for version, kind, obj in fresh:
                reached = version
                path = obj["path"]
                if path is None or inside(path, self.request_seen.path):
                    self.event(kind, {name: value for name, value in obj.items() if name != "path"})
            if ending:
                self.api.ending(self)
                return


def is_collection(path: str) -> bool:
    """`/api/v1/pods` and `/apis/g/v1/namespaces/ns/pods`, not what is below them."""
    return len(path.strip("/").split("/")[2 if path.startswith("/api/") else 3 :]) % 2 == 1


def inside(at: str, collection: str) -> bool:
    """Whether the object at a path belongs to a collection, of one namespace or of all."""
    if "/namespaces/" in collection:
        return at.rsplit("/", 1)[0] == collection
    return at.rsplit("/", 2)[1] == collection.rsplit("/", 1)[1]


def status(code: int, reason: str, **more: Any) -> Json:
    """A `Status` object."""
    return {"kind": "Status", "apiVersion": "v1", "code": code, "reason": reason, "message": f"{reason}!", **more}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    api: Api

    def finish_request(self, request: socket.socket, client_address: Any) -> None:
        """Runs in the connection's own thread, so that a slow handshake holds up nobody else."""
        if self.api.tls is None:
            super().finish_request(request, client_address)
            return
        with self.api.tls.wrap_socket(request, server_side=True) as encrypted:
            super().finish_request(encrypted, client_address)

    def handle_error(self, *_args: object) -> None:
        """Say nothing: a client that went away is part of most tests here."""


@contextlib.contextmanager
def served() -> Iterator[Api]:
    api = Api()
    handler = type("BoundHandler", (Handler,), {"api": api})
    server = Server(("127.0.0.1", 0), handler)
    server.api = api
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield api
    api.end_watches()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def api() -> Iterator[Api]:
    with served() as api:
        yield api


@pytest.fixture
def fresh_api() -> Iterator[Callable[[], Api]]:
    """Makes a new server at each call, for properties that need one for every example."""
    with contextlib.ExitStack() as servers:
        yield lambda: servers.enter_context(served())


@pytest.fixture
def client(api: Api) -> Iterator[Client]:
    client = Client(Transport(Access(api.url, None, lambda: "Bearer t")))
    yield client
    client.close()
