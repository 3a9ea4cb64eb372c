"""A small API server on loopback to read from: lists, watches and single objects, and a record of what was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from kube.client import Client
from kube.credentials import Access
from kube.transport import Transport
from policy.shapes import Json
from tests.answering import answer_json

NAMESPACES = "/api/v1/namespaces"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
DRIVERS = "/apis/storage.k8s.io/v1/csidrivers"
VOLUMES = "/api/v1/persistentvolumes"
QUOTAS = "/api/v1/resourcequotas"
CLAIMS = "/api/v1/persistentvolumeclaims"
HOME = f"{NAMESPACES}/nfs-steward/configmaps"


@dataclass
class ApiServer:
    """Objects by path. While `open` is not set, every request waits: a server that is there and does not answer."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    objects: dict[str, Json] = field(default_factory=dict)
    events: list[tuple[str, Json]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)
    ended: bool = False
    url: str = ""

    def put(self, collection: str, name: str, **obj: Any) -> None:
        """Create or change an object; watchers hear of it."""
        with self.changed:
            metadata = {**obj.pop("metadata", {}), "name": name, "resourceVersion": str(len(self.events) + 1)}
            whole = {**obj, "metadata": metadata}
            path = f"{collection}/{name}"
            kind = "MODIFIED" if path in self.objects else "ADDED"
            self.objects[path] = whole
            self.events.append((collection, {"type": kind, "object": whole}))
            self.changed.notify_all()

    def namespace(self, name: str, labels: dict[str, str]) -> None:
        """Create or change a namespace."""
        self.put(NAMESPACES, name, metadata={"labels": labels, "uid": f"uid-of-{name}"})

    def storage_class(self, name: str, *, default: bool = False, created: str = "2026-01-01T00:00:00Z") -> None:
        """Create or change a StorageClass."""
        mark = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
        self.put(CLASSES, name, metadata={"annotations": mark, "creationTimestamp": created}, provisioner="p")

    def reads(self, path: str) -> int:
        """How often one object was read."""
        return self.asked.count(path)

    @property
    def client(self) -> Client:
        """A client for it."""
        return Client(Transport(Access(url=self.url, tls=None, authorization=lambda: None)))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: ApiServer

    def log_message(self, *_args: object) -> None:
        """Say nothing: what was asked is in `ApiServer.asked`."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        self.api.asked.append(path)
        self.api.open.wait()
        with suppress(ConnectionError):
            if "watch=1" in query:
                self._watch(path, query)
            else:
                answer_json(self, *self._find(path, query))

    def _find(self, path: str, query: str) -> tuple[int, Json]:
        with self.api.changed:
            if path in self.api.objects:
                return 200, self.api.objects[path]
            there = (obj for place, obj in self.api.objects.items() if place.rpartition("/")[0] == path)
            items = [obj for obj in there if _selected(obj, query)]
            if path in (NAMESPACES, CLASSES, DRIVERS, QUOTAS, CLAIMS, HOME):
                return 200, {"metadata": {"resourceVersion": str(len(self.api.events))}, "items": items}
        return 404, {"kind": "Status", "code": 404, "reason": "NotFound", "message": f"{path} not found"}

    def _watch(self, path: str, query: str) -> None:
        seen = int(parse_qs(query)["resourceVersion"][0])
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not self.api.ended:
            with self.api.changed:
                self.api.changed.wait(0.1)
                news, seen = self.api.events[seen:], len(self.api.events)
            for collection, event in news:
                if collection == path:
                    # As the real one: what the selector does not choose any more is told as if it were deleted.
                    told = event if _selected(event["object"], query) else {**event, "type": "DELETED"}
                    line = json.dumps(told).encode() + b"\n"
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(line), line))
        self.close_connection = True


def _selected(obj: Json, query: str) -> bool:
    """Whether an object has the label that is asked for, if any is; fields are not looked at."""
    wanted = parse_qs(query).get("labelSelector")
    labels = obj["metadata"].get("labels", {})
    return wanted is None or wanted[0] in {f"{key}={value}" for key, value in labels.items()}


@contextmanager
def serving() -> Iterator[ApiServer]:
    """A server that answers, until the end of the block."""
    api = ApiServer()
    api.open.set()
    handler = type("Handler", (_Handler,), {"api": api})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    api.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield api
    api.ended = True
    api.open.set()
    server.shutdown()
    server.server_close()
