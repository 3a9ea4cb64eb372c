"""A cluster in memory whose clock can be turned: an API, API servers that lag behind it, replicas that lag, too.

What is real: everything that decides, reads and writes. What stands in: the API's transport, kubelets, TLS connections.
"""

import base64
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509

from certs.bundles import chains_to, readable_certificates, valid_at
from certs.names import ServingNames
from certs.renewal import serving_defect
from certs.seen import Replica
from certs.stock import Stock
from controller.certificates.manifests import stock_of
from kube.errors import AlreadyExists, Conflict, Invalid, NotFound
from kube.resources import Resource

Json = dict[str, Any]

NAMESPACE, NAME, SERVICE, SECRET = "nfs-steward", "nfs-steward", "nfs-steward-webhook", "nfs-steward-webhook-tls"
NAMES = ServingNames.parse([f"{SERVICE}.{NAMESPACE}.svc"], [])
KINDS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


class TurnedClock:
    """Stands still until it is turned; both of its times go together."""

    def __init__(self) -> None:
        self._began = self._now = datetime(2030, 1, 1).astimezone()

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._began).total_seconds()

    def turn(self, by: timedelta) -> None:
        self._now += by

    def wait(self, _event: object, _seconds: float) -> bool:
        raise AssertionError("nobody waits for a clock that is turned by hand")


@dataclass
class Page:
    items: Iterator[Json]


@dataclass
class Api:
    """Objects by kind and name. `on_write` is called before each write, with its verb and the kind."""

    clock: TurnedClock
    objects: dict[tuple[str, str], Json] = field(default_factory=dict)
    history: list[tuple[float, tuple[str, str], Json]] = field(default_factory=list)
    on_write: Callable[[str, str], None] = lambda _verb, _kind: None
    pods: list[Json] = field(default_factory=list)

    def get(self, resource: Resource, name: str, _namespace: str | None = None) -> Json:
        if (resource.kind, name) not in self.objects:
            raise NotFound("GET", name, status=404, reason="NotFound")
        return json.loads(json.dumps(self.objects[resource.kind, name]))

    def list(self, resource: Resource, _namespace: str, *, label_selector: str) -> Page:
        assert (resource.kind, label_selector) == ("Pod", "app.kubernetes.io/component=webhook")
        return Page(iter(self.pods))

    def create(self, resource: Resource, obj: Json, *, field_manager: str) -> None:
        self._writes("create", resource.kind, field_manager)
        if (resource.kind, obj["metadata"]["name"]) in self.objects:
            raise AlreadyExists("POST", "it is there", status=409, reason="AlreadyExists")
        self.put(resource.kind, obj)

    def patch(self, resource: Resource, name: str, patch: Any, _namespace: str | None = None, **how: str) -> None:
        self._writes("patch", resource.kind, how["field_manager"])
        obj = self.get(resource, name)
        if how["type"] == "merge":
            if patch["metadata"]["resourceVersion"] != obj["metadata"]["resourceVersion"]:
                raise Conflict("PATCH", "it has changed", status=409, reason="Conflict")
            obj["data"] = {**obj.get("data", {}), **patch["data"]}
        else:
            _apply(obj, patch)
        self.put(resource.kind, obj)

    def put(self, kind: str, obj: Json) -> None:
        """Let an object be as it is given."""
        name = obj["metadata"]["name"]
        obj["metadata"]["resourceVersion"] = str(len(self.history) + 1)
        self.objects[kind, name] = obj
        self.history.append((self.clock.monotonic(), (kind, name), json.loads(json.dumps(obj))))

    def configure(self, kind: str, bundle: bytes = b"") -> None:
        """Apply a configuration of ours, as a chart renders it: without a bundle, unless one is given."""
        service: Json = {"name": SERVICE, "namespace": NAMESPACE}
        config: Json = {"service": service}
        if bundle:
            config["caBundle"] = base64.b64encode(bundle).decode()
        entries = [{"name": f"{number}.nfs-steward.io", "clientConfig": dict(config)} for number in range(2)]
        self.put(kind, {"metadata": {"name": NAME}, "webhooks": entries})

    def bundle(self, kind: str) -> bytes:
        """What all entries of a configuration carry."""
        bundles = {entry["clientConfig"].get("caBundle", "") for entry in self.objects[kind, NAME]["webhooks"]}
        assert len(bundles) == 1, "the entries differ"
        return base64.b64decode(bundles.pop())

    @property
    def stock(self) -> Stock:
        return stock_of(self.objects["Secret", SECRET])

    def version_at(self, key: tuple[str, str], moment: float) -> Json | None:
        """An object as it was at a moment of the monotonic clock."""
        return next((obj for when, changed, obj in reversed(self.history) if changed == key and when <= moment), None)

    def _writes(self, verb: str, kind: str, field_manager: str) -> None:
        assert field_manager == "nfs-steward-certificates"
        self.on_write(verb, kind)


def _apply(obj: Json, patch: Sequence[Json]) -> None:
    for operation in patch:
        _, plural, number, *rest = operation["path"].split("/")
        entry = obj[plural][int(number)]
        if operation["op"] == "test":
            if entry[rest[0]] != operation["value"]:
                raise Invalid("PATCH", "the test failed", status=422, reason="Invalid")
        else:
            entry[rest[0]][rest[1]] = operation["value"]


@dataclass
class ApiServer:
    """Sees each configuration as it was `lag` seconds ago at most; what it has seen it does not unsee."""

    api: Api
    lag: Callable[[], float]
    seen_until: dict[str, float] = field(default_factory=dict)

    def bundles(self) -> dict[str, bytes]:
        """What it trusts, by kind of configuration: of those that have been published into."""
        return {kind: bundle for kind in KINDS if (bundle := self._bundle(kind))}

    def _bundle(self, kind: str) -> bytes:
        self.seen_until[kind] = max(self.seen_until.get(kind, -1.0), self.api.clock.monotonic() - self.lag())
        seen = self.api.version_at((kind, NAME), self.seen_until[kind])
        entry = (seen or {"webhooks": [{"clientConfig": {}}]})["webhooks"][0]
        return base64.b64decode(entry["clientConfig"].get("caBundle", ""))


@dataclass
class WebhookReplica:
    """Serves the last good pair of the files that its kubelet brings, `lag` seconds after the Secret has changed."""

    name: str
    api: Api
    lag: Callable[[], float]
    brought_until: float = -1.0
    certificate: x509.Certificate | None = None

    def follow(self) -> None:
        """Take what the kubelet has brought by now, if clients would accept it."""
        self.brought_until = max(self.brought_until, self.api.clock.monotonic() - self.lag())
        brought = self.api.version_at(("Secret", SECRET), self.brought_until)
        stock = stock_of(brought) if brought else None
        if stock and not serving_defect(stock.serving, NAMES, self.api.clock.now()):
            self.certificate = stock.served

    def restart(self, staleness: float) -> None:
        """A new Pod in its place: its kubelet reads the Secret from a cache that is so many seconds old at most."""
        self.certificate = None
        self.brought_until = max(self.brought_until, self.api.clock.monotonic() - staleness)
        self.follow()


def untrusted(servers: Sequence[ApiServer], replicas: Sequence[WebhookReplica], now: datetime) -> list[str]:
    """Every request that would fail now, in words: replicas that serve nothing get none."""
    failures = []
    for number, server in enumerate(servers):
        for kind, bundle in server.bundles().items():
            trusted = [authority for authority in readable_certificates(bundle) if valid_at(authority, now)]
            failures += [
                f"at {now} API server {number} calls {replica.name} for {kind}"
                for replica in replicas
                if replica.certificate
                and not (valid_at(replica.certificate, now) and chains_to([replica.certificate], trusted))
            ]
    return failures


def asked(replicas: Sequence[WebhookReplica]) -> Callable[[object], tuple[Replica, ...]]:
    """What stands in for connections to the replicas."""
    return lambda _pods: tuple(Replica(replica.name, replica.certificate) for replica in replicas)


def up_to(seconds: float, chance: random.Random) -> Callable[[], float]:
    """A lag that stays for a while, and is then another one."""
    lag = chance.uniform(0, seconds)

    def draw() -> float:
        nonlocal lag
        if chance.random() < 0.05:
            lag = chance.uniform(0, seconds)
        return lag

    return draw
