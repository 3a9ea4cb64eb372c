"""A small API server on loopback: objects, selectors, watches, JSON Patches with tests, and a record of all writes."""

import json
import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from controller.duties.duty import DutyTiming
from controller.export.export import ExportTiming
from controller.options import ControllerOptions, Seams, Timing
from controller.process import ControllerProcess
from kube.lease import LeaseDurations
from tests.answering import answer_json

Json = dict[str, Any]


@dataclass
class Write:
    """A request that changed something: Leases are left out."""

    method: str
    path: str
    body: Any


@dataclass
class ApiServer:
    """The state of the server, guarded by `changed`. `refuse` answers a request with a status where it returns one.
    `late` are kinds, such as `configmaps`, whose watchers hear nothing for now.
    """

    changed: threading.Condition = field(default_factory=threading.Condition)
    objects: dict[str, Json] = field(default_factory=dict)
    history: list[tuple[int, str, str, Json]] = field(default_factory=list)
    version: int = 1
    writes: list[Write] = field(default_factory=list)
    refuse: Callable[[str, str], int | None] = lambda _method, _path: None
    late: set[str] = field(default_factory=set)
    url: str = ""
    ended: bool = False

    def put(self, path: str, obj: Json) -> Json:
        """Create or update an object; the watchers hear of it."""
        with self.changed:
            kind = "MODIFIED" if path in self.objects else "ADDED"
            self.version += 1
            parts = path.split("/")
            namespace = {"namespace": parts[-3]} if "namespaces" in parts[:-2] else {}
            metadata = {"uid": f"uid-of-{parts[-1]}", **namespace, **obj.get("metadata", {}), "name": parts[-1]}
            metadata["resourceVersion"] = str(self.version)
            stored = {"kind": KINDS[parts[-2]], "apiVersion": "v1", **obj, "metadata": metadata}
            self.objects[path] = stored
            self.history.append((self.version, kind, path, stored))
            self.changed.notify_all()
            return stored

    def remove(self, path: str) -> None:
        with self.changed:
            self.version += 1
            self.history.append((self.version, "DELETED", path, self.objects.pop(path)))
            self.changed.notify_all()

    def catch_up(self) -> None:
        """Have those who were late hear everything."""
        with self.changed:
            self.late.clear()
            self.changed.notify_all()

    def claim(self, name: str, **spec: Any) -> None:
        """Put a claim, as the binder leaves one that it asks us to serve."""
        provisioner = {"volume.kubernetes.io/storage-provisioner": "nfs-steward.io/provisioner"}
        asked = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
        metadata = {"annotations": provisioner} if spec.get("storageClassName") else {}
        self.put(f"{CLAIMS}/{name}", {"metadata": metadata, "spec": {**asked, **spec}, "status": {"phase": "Pending"}})

    def pod(self, name: str, path: str, **spec: Any) -> None:
        """Put a gated Pod with an inline volume on the export `main`."""
        volume = {"name": "data", "nfs": {"server": "10.0.0.5", "path": path}}
        gates = [{"name": "nfs-steward.io/directory"}]
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        obj = {
            "metadata": {"creationTimestamp": created},
            "spec": {"schedulingGates": gates, "volumes": [volume], **spec},
        }
        self.put(f"{PODS}/{name}", obj)

    def static_volume(self, name: str, path: str, **spec: Any) -> None:
        """Put a static volume on the export `main`, reserved for the claim of its name."""
        source = {"server": "10.0.0.5", "path": path}
        claim = {"namespace": "team-a", "name": name}
        self.put(f"{VOLUMES}/{name}", {"spec": {"nfs": source, "claimRef": claim, **spec}})

    def gates(self, pod: str) -> list[str]:
        return [gate["name"] for gate in self.objects[f"{PODS}/{pod}"]["spec"]["schedulingGates"]]

    def events(self, name: str | None = None) -> list[tuple[str, str]]:
        """The Events about objects of a name: reason and message, in the order of their arrival."""
        with self.changed:
            found = [obj for path, obj in self.objects.items() if "/events/" in path]
        return [(e["reason"], e["message"]) for e in found if name in (None, e["involvedObject"]["name"])]

    def reasons(self, name: str) -> list[str]:
        return [reason for reason, _ in self.events(name)]


CORE = "/api/v1"
TEAM = f"{CORE}/namespaces/team-a"
CLAIMS, PODS, VOLUMES = f"{TEAM}/persistentvolumeclaims", f"{TEAM}/pods", f"{CORE}/persistentvolumes"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
KINDS = {
    "configmaps": "ConfigMap",
    "deployments": "Deployment",
    "events": "Event",
    "jobs": "Job",
    "leases": "Lease",
    "limitranges": "LimitRange",
    "mutatingwebhookconfigurations": "MutatingWebhookConfiguration",
    "namespaces": "Namespace",
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "persistentvolumes": "PersistentVolume",
    "pods": "Pod",
    "resourcequotas": "ResourceQuota",
    "secrets": "Secret",
    "storageclasses": "StorageClass",
}


class Refusal(Exception):
    def __init__(self, status: int, reason: str, message: str = "") -> None:
        self.status, self.reason, self.message = status, reason, message


class Handler(BaseHTTPRequestHandler):
    api: ApiServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def do_PUT(self) -> None:
        self._answer(self._replace)

    def do_PATCH(self) -> None:
        self._answer(self._patch)

    def do_DELETE(self) -> None:
        self._answer(self._delete)

    def _answer(self, make: Callable[[str, dict[str, str]], Json | None]) -> None:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        length = int(self.headers.get("Content-Length") or 0)
        self.body = json.loads(self.rfile.read(length)) if length else None
        try:
            status = self.api.refuse(self.command, url.path)
            if status:
                raise Refusal(status, "Refused", "refused by the test")
            with self.api.changed:
                answer = make(url.path, query)
                if answer is not None and self.command != "GET" and "/leases" not in url.path:
                    self.api.writes.append(Write(self.command, url.path, self.body))
        except Refusal as refusal:
            code = refusal.status
            told = {"kind": "Status", "code": code, "reason": refusal.reason, "message": refusal.message}
            answer_json(self, code, told)
            return
        if answer is None:
            self._stream(url.path, query)
        else:
            answer_json(self, 200, answer)

    def _get(self, path: str, query: dict[str, str]) -> Json | None:
        if path.rsplit("/", 1)[1] not in KINDS:
            return self._existing(path)
        if "watch" in query:
            return None
        items = [obj for place, obj in self.api.objects.items() if _within(place, path) and _selected(obj, query)]
        return {"metadata": {"resourceVersion": str(self.api.version)}, "items": items}

    def _post(self, path: str, _query: dict[str, str]) -> Json:
        place = f"{path}/{self.body['metadata']['name']}"
        if place in self.api.objects:
            raise Refusal(409, "AlreadyExists")
        return self.api.put(place, self.body)

    def _replace(self, path: str, _query: dict[str, str]) -> Json:
        version = self.body["metadata"].get("resourceVersion")
        if version and version != self._existing(path)["metadata"]["resourceVersion"]:
            raise Refusal(409, "Conflict")
        return self.api.put(path, self.body)

    def _patch(self, path: str, _query: dict[str, str]) -> Json:
        path = path.removesuffix("/status")
        current = json.loads(json.dumps(self._existing(path)))
        if isinstance(self.body, dict):
            version = self.body.get("metadata", {}).get("resourceVersion")
            if version not in (None, current["metadata"]["resourceVersion"]):
                raise Refusal(409, "Conflict")
            return self.api.put(path, _merged(current, self.body))
        for operation in self.body:
            _apply(current, operation)
        return self.api.put(path, current)

    def _delete(self, path: str, _query: dict[str, str]) -> Json:
        metadata = self._existing(path)["metadata"]
        wanted = (self.body or {}).get("preconditions", {})
        if any(metadata[field] != value for field, value in wanted.items()):
            raise Refusal(409, "Conflict")
        self.api.remove(path)
        return {"kind": "Status", "status": "Success"}

    def _existing(self, path: str) -> Json:
        if path not in self.api.objects:
            raise Refusal(404, "NotFound")
        return self.api.objects[path]

    def _stream(self, path: str, query: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.close_connection = True
        seen = int(query["resourceVersion"])
        before: dict[str, bool] = {}
        try:
            while not (self.api.ended or self._abandoned):
                with self.api.changed:
                    late = path.rsplit("/", 1)[1] in self.api.late
                    news = [] if late else [entry for entry in self.api.history if entry[0] > seen]
                    if not news:
                        self.api.changed.wait(1.0)
                        continue
                for version, kind, place, obj in news:
                    seen = version
                    if _within(place, path):
                        self._tell(kind, place, obj, query, before)
        except OSError:
            return

    @property
    def _abandoned(self) -> bool:
        """Whether the watcher has closed its connection: it sends nothing more before that."""
        connection = select.poll()
        connection.register(self.connection, select.POLLIN)
        return bool(connection.poll(0))

    def _tell(self, kind: str, place: str, obj: Json, query: dict[str, str], before: dict[str, bool]) -> None:
        """As the real server: an object that a selector no longer selects is deleted, for those who asked for that."""
        selected = _selected(obj, query)
        if kind != "DELETED" and not selected:
            kind = "DELETED"
            if before.get(place) is False:
                return
        before[place] = selected
        self.wfile.write(json.dumps({"type": kind, "object": obj}).encode() + b"\n")
        self.wfile.flush()

    def log_message(self, *_args: object) -> None:
        pass


def _merged(obj: Json, patch: Json) -> Json:
    """RFC 7386."""
    merged = {**obj, **{key: value for key, value in patch.items() if not isinstance(value, dict)}}
    for key, value in patch.items():
        if isinstance(value, dict):
            merged[key] = _merged(obj.get(key) or {}, value)
    return {key: value for key, value in merged.items() if value is not None}


def _within(place: str, collection: str) -> bool:
    """Whether an object lies in a collection, which may span all namespaces."""
    folder = place.rsplit("/", 1)[0]
    root, _, plural = collection.rpartition("/")
    return folder == collection or (folder.startswith(f"{root}/namespaces/") and folder.endswith(f"/{plural}"))


def _selected(obj: Json, query: dict[str, str]) -> bool:
    fields = {
        "spec.nodeName": obj.get("spec", {}).get("nodeName", ""),
        "metadata.name": obj["metadata"]["name"],
        "status.phase": obj.get("status", {}).get("phase", "Pending"),
    }
    return _holds(query.get("fieldSelector"), fields) and _holds(
        query.get("labelSelector"), obj["metadata"].get("labels", {})
    )


def _holds(selector: str | None, values: dict[str, str]) -> bool:
    for term in (selector or "").split(","):
        name, _, wanted = term.replace("!=", "=").partition("=")
        if name and (values.get(name) == wanted) is ("!=" in term):
            return False
    return True


def _apply(obj: Json, operation: Json) -> None:
    *steps, last = [step.replace("~1", "/") for step in operation["path"].split("/")[1:]]
    here: Any = obj
    for step in steps:
        here = (here[int(step) :] or [{}])[0] if isinstance(here, list) else here.get(step, {})
    key: Any = int(last) if isinstance(here, list) else last
    found = (
        here[key] if isinstance(here, list) and key < len(here) else here.get(key) if isinstance(here, dict) else None
    )
    match operation["op"]:
        case "test":
            if found != operation["value"]:
                raise Refusal(422, "Invalid", f"testing value {operation['path']} failed")
        case "add":
            here[key] = operation["value"]
        case "remove":
            del here[key]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64


@pytest.fixture
def api() -> Iterator[ApiServer]:
    state = ApiServer()
    server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"api": state}))
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.put(f"{CORE}/namespaces/team-a", {"metadata": {"labels": {"nfs-steward.io/inject": "enabled"}}})
    state.put(f"{CORE}/namespaces/others", {})
    state.put(f"{CLASSES}/ours", {"provisioner": "nfs-steward.io/provisioner", "parameters": {"export": "main"}})
    yield state
    with state.changed:
        state.ended = True
        state.changed.notify_all()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def kubeconfig(api: ApiServer, tmp_path: Path) -> Path:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": api.url}}],
        "users": [{"name": "test", "user": {}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
    }
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(config))
    return path


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    """Two exports; the default profile fills in a class of ours and a mount option."""
    path = tmp_path / "policy.yaml"
    owner = f"{{uid: {os.geteuid()}, gid: {os.getegid()}}}"
    path.write_text(
        f"""
exports:
- {{name: main, server: 10.0.0.5, path: /nfs/data, mountOptions: [hard], directories: {owner}}}
- {{name: second, server: 10.0.0.6, path: /srv, directories: {owner}}}
profiles:
- {{name: default, storageClassName: ours, mountOptions: [noatime]}}
"""
    )
    return path


@pytest.fixture
def quick() -> Timing:
    """In more of a hurry than clusters are."""
    return Timing(
        duty=DutyTiming(retry_first=0.02, retry_longest=0.1, workers=2),
        export=ExportTiming(operation_deadline=0.3, probe_deadline=0.3, probe_interval=0.05),
        lease=LeaseDurations(lease=8, renew_deadline=6, retry=0.2),
        stop_seconds=2,
    )


@pytest.fixture
def exported(tmp_path: Path) -> dict[str, Path]:
    """Where the exports are mounted, by name."""
    folders = {name: tmp_path / name for name in ("main", "second")}
    for folder in folders.values():
        folder.mkdir()
    return folders


StartController = Callable[..., ControllerProcess]


@pytest.fixture
def start_controller(
    policy_file: Path, kubeconfig: Path, quick: Timing, exported: dict[str, Path]
) -> Iterator[StartController]:
    """Starts a controller with the cluster's duty and that of the export `main`, unless told otherwise."""
    started = []

    def start(seams: Seams | None = None, **changes: Any) -> ControllerProcess:
        options = ControllerOptions(
            policy=policy_file, cluster=True, exports={"main": exported["main"]}, kubeconfig=kubeconfig, timing=quick
        )
        process = ControllerProcess(replace(options, **changes), seams or Seams())
        started.append(process)
        process.start()
        return process

    yield start
    for process in started:
        process.stop()
