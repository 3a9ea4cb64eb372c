"""Somebody else's mutating webhook, which runs before or after ours."""

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias

from certs.authority import issue_authority, issue_serving
from certs.names import ServingNames
from kube import resources
from kube.client import Client
from policy.shapes import Json
from testbed.ports import LOOPBACK
from tests.answering import answer_json

Patch: TypeAlias = Sequence[Json]
Mutate: TypeAlias = Callable[[Json], Patch]
"""From an object to a JSON Patch."""


@dataclass
class OtherWebhook:
    """A webhook that answers with what `mutate` says, and remembers the objects that it was asked about."""

    mutate: Mutate
    asked: list[Json] = field(default_factory=list)

    def answer(self, review: Json) -> Json:
        """The AdmissionReview that answers one."""
        obj = review["request"]["object"]
        self.asked.append(obj)
        response: Json = {"uid": review["request"]["uid"], "allowed": True}
        patch = self.mutate(obj)
        if patch:
            encoded = base64.b64encode(json.dumps(patch).encode()).decode()
            response |= {"patchType": "JSONPatch", "patch": encoded}
        return {"apiVersion": review["apiVersion"], "kind": "AdmissionReview", "response": response}


@contextmanager
def other_webhook(client: Client, name: str, namespace: str, mutate: Mutate, folder: Path) -> Iterator[OtherWebhook]:
    """Have the API server call it for claims and Pods of `namespace`, in the order of configurations' names."""
    webhook = OtherWebhook(mutate)
    with _served(webhook, folder) as (port, bundle):
        client.create(resources.MUTATING_CONFIGURATIONS, _configuration(name, namespace, port, bundle))
        try:
            yield webhook
        finally:
            client.delete(resources.MUTATING_CONFIGURATIONS, name)


@contextmanager
def _served(webhook: OtherWebhook, folder: Path) -> Iterator[tuple[int, bytes]]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer_json(self, 200, webhook.answer(review))

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    context, bundle = _tls(folder)
    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], bundle
    finally:
        server.shutdown()
        server.server_close()


def _tls(folder: Path) -> tuple[ssl.SSLContext, bytes]:
    authority = issue_authority(timedelta(days=1), lambda: datetime.now(UTC))
    names = ServingNames.parse(dns=(), ips=(LOOPBACK,))
    serving = issue_serving(authority, names, timedelta(days=1), lambda: datetime.now(UTC))
    pem = folder / "other.pem"
    pem.write_bytes(serving.key + serving.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context, authority.certificate


def _configuration(name: str, namespace: str, port: int, bundle: bytes) -> Json:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"]}
    webhook = {
        "name": f"{name}.example.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "reinvocationPolicy": "Never",
        "clientConfig": {"url": f"https://{LOOPBACK}:{port}/", "caBundle": base64.b64encode(bundle).decode()},
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "rules": [{**rule, "resources": ["persistentvolumeclaims", "pods"]}],
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [webhook],
    }
