"""The objects that the certificate duty reads and writes."""

import base64
from collections.abc import Iterator
from typing import Any, Final

from certs.files import AUTHORITY_FILE, AUTHORITY_KEY_FILE, CERTIFICATE_FILE, KEY_FILE
from certs.seen import ForeignSecret, NoSecret, OurSecret, SecretSeen
from certs.stock import Stock
from controller.decisions.actions import JsonPatch
from policy.shapes import Json, labels, mapping, sequence, text

MANAGED_BY: Final = "app.kubernetes.io/managed-by"
"""https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/"""

KEEPER: Final = "nfs-steward"

_LABELS: Final = {"app.kubernetes.io/name": "nfs-steward", "app.kubernetes.io/component": "certificates"}


def new_secret(name: str, namespace: str, stock: Stock) -> Json:
    """The Secret, marked as ours."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "labels": {**_LABELS, MANAGED_BY: KEEPER}},
        "type": "Opaque",
        "data": _data(stock),
    }


def changed_secret(seen: Json, stock: Stock) -> Json:
    """A merge patch that puts `stock` into the Secret, if it is still as it was `seen`."""
    return {"metadata": {"resourceVersion": text(seen, "metadata", "resourceVersion")}, "data": _data(stock)}


def secret_seen(secret: Json | None) -> SecretSeen:
    """Whose Secret it is, and what it holds."""
    if secret is None:
        return NoSecret()
    keeper = labels(secret).get(MANAGED_BY)
    if keeper != KEEPER:
        whose = f"says {MANAGED_BY}: {keeper}" if keeper else f"has no label {MANAGED_BY}: {KEEPER}"
        return ForeignSecret(
            f"this Secret {whose}, so it is not nfs-steward's and is left alone: delete it if nobody needs it, or have "
            "nfs-steward use another name"
        )
    return OurSecret(stock_of(secret))


def stock_of(secret: Json) -> Stock:
    """What a Secret holds."""
    data = mapping(secret, "data")

    def entry(name: str) -> bytes:
        return base64.b64decode(text(data, name) or "")

    return Stock(entry(AUTHORITY_FILE), entry(AUTHORITY_KEY_FILE), entry(CERTIFICATE_FILE), entry(KEY_FILE))


def bundles_in(configuration: Json, service: str, namespace: str) -> tuple[bytes, ...]:
    """What each entry of a webhook configuration that calls this Service trusts."""
    entries = _callers(configuration, service, namespace)
    return tuple(base64.b64decode(text(entry, "clientConfig", "caBundle") or "") for _, entry in entries)


def publication(configuration: Json, service: str, namespace: str, bundle: bytes) -> JsonPatch:
    """A JSON Patch that has every entry that calls this Service trust `bundle`, and touches nothing else.

    A list has no names, only numbers: each is tested for the name it had when it was looked at.
    """
    encoded = base64.b64encode(bundle).decode()
    return [
        operation
        for number, entry in _callers(configuration, service, namespace)
        for operation in (
            {"op": "test", "path": f"/webhooks/{number}/name", "value": text(entry, "name")},
            {"op": "add", "path": f"/webhooks/{number}/clientConfig/caBundle", "value": encoded},
        )
    ]


def _callers(configuration: Json, service: str, namespace: str) -> Iterator[tuple[int, Any]]:
    for number, entry in enumerate(sequence(configuration, "webhooks")):
        called = mapping(entry, "clientConfig", "service")
        if (called.get("name"), called.get("namespace")) == (service, namespace):
            yield number, entry


def _data(stock: Stock) -> dict[str, str | None]:
    entries = {
        AUTHORITY_FILE: stock.authorities,
        AUTHORITY_KEY_FILE: stock.authority_key,
        CERTIFICATE_FILE: stock.certificate,
        KEY_FILE: stock.key,
    }
    return {name: base64.b64encode(content).decode() for name, content in entries.items() if content}
