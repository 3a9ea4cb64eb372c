"""In the API server's audit log: what an admission webhook said about each object.

An audit annotation of a webhook stands there under `<webhook>/<key>`; ours says what was filled in, and by which rule.
https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from policy import keys
from policy.shapes import Json, mapping, text

_RESOURCES: Final = {
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "persistentvolumes": "PersistentVolume",
    "pods": "Pod",
}
CREATIONS: Final[Json] = {
    "level": "Metadata",
    "verbs": ["create"],
    "resources": [{"group": "", "resources": list(_RESOURCES)}],
}
"""The rule of an audit policy by which it is written down."""


@dataclass(frozen=True, slots=True)
class WebhookFill:
    """One field of one object that a webhook of ours filled in. `namespace` is empty for volumes."""

    kind: str
    namespace: str
    name: str
    field: str
    rule: str


def parse_audit_log(log: str) -> Iterator[WebhookFill]:
    """Read what our webhook filled in, in the order in which the objects were created."""
    for line in log.splitlines():
        event = json.loads(line)
        for key, value in mapping(event, "annotations").items():
            webhook, _, what = key.rpartition("/")
            if webhook.endswith(keys.GROUP) and what == "filled":
                yield from _fills(event, value)


def _fills(event: Json, filled: str) -> Iterator[WebhookFill]:
    regarding = mapping(event, "objectRef")
    kind = _RESOURCES.get(regarding.get("resource", ""), "")
    for each in filled.split("; "):
        field, _, rule = each.partition(": ")
        yield WebhookFill(kind, text(event, "objectRef", "namespace") or "", regarding.get("name", ""), field, rule)
