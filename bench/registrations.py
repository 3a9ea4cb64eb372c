"""Letting one contestant at a time decide about what the API server is asked to create.

All webhooks are registered alike: claims of opted-in namespaces, failure policy Fail, 3 seconds.
"""

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import yaml

from bench.admission import Kind
from bench.arena import Arena
from bench.contestants import Contestant
from bench.programs import PEERS
from kube.client import Client
from kube.resources import CLAIMS, MUTATING_CONFIGURATIONS, Resource
from policy import keys
from policy.shapes import Json, text
from testbed.waiting import wait_for

_GROUP: Final = "admissionregistration.k8s.io"
_RESOURCES: Final = {
    "MutatingWebhookConfiguration": MUTATING_CONFIGURATIONS,
    "MutatingAdmissionPolicy": Resource(
        _GROUP, "v1", "mutatingadmissionpolicies", "MutatingAdmissionPolicy", namespaced=False
    ),
    "MutatingAdmissionPolicyBinding": Resource(
        _GROUP, "v1", "mutatingadmissionpolicybindings", "MutatingAdmissionPolicyBinding", namespaced=False
    ),
}

CLUSTER_DEFAULT: Final = "standard"
_EFFECTIVE_WITHIN: Final = 30.0
_STABLE: Final = 5  # dry runs in a row that must come out alike


@dataclass(frozen=True, slots=True)
class Registration:
    """The objects that give somebody a say in admission, and the class that a claim without one then gets."""

    name: str
    objects: Sequence[Json]
    outcome: str


def nobody() -> Registration:
    """No admission but the API server's own."""
    return Registration("no webhook", (), CLUSTER_DEFAULT)


def by_cel() -> Registration:
    """The class by a MutatingAdmissionPolicy."""
    objects = tuple(yaml.safe_load_all((PEERS / "cel" / "policy.yaml").read_text()))
    return Registration("MutatingAdmissionPolicy", objects, "nfs")


def of_contestant(contestant: Contestant, arena: Arena) -> Registration:
    """Claims are reviewed by this webhook."""
    client_config = {
        "url": contestant.url + contestant.paths[Kind.CLAIM],
        "caBundle": base64.b64encode(arena.authority.read_bytes()).decode(),
    }
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["persistentvolumeclaims"]}
    webhook = {
        "name": "bench.nfs-steward.io",
        "clientConfig": client_config,
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {keys.INJECT: keys.INJECT_ENABLED}},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "timeoutSeconds": 3,
        "reinvocationPolicy": "IfNeeded",
        "admissionReviewVersions": ["v1"],
    }
    metadata = {"name": "bench"}
    kind = "MutatingWebhookConfiguration"
    return Registration(
        contestant.name,
        ({"apiVersion": f"{_GROUP}/v1", "kind": kind, "metadata": metadata, "webhooks": [webhook]},),
        "nfs",
    )


@contextmanager
def registered(client: Client, registration: Registration, namespace: str) -> Iterator[None]:
    """Have its objects in the cluster during the block, which begins when they have taken effect in `namespace`."""
    try:
        for obj in registration.objects:
            client.create(_RESOURCES[obj["kind"]], obj)
        wait_for(
            f"claims get the class {registration.outcome}",
            lambda: all(_class_given(client, namespace) == registration.outcome for _ in range(_STABLE)),
            _EFFECTIVE_WITHIN,
        )
        yield
    finally:
        for obj in registration.objects:
            client.delete(_RESOURCES[obj["kind"]], obj["metadata"]["name"])


def _class_given(client: Client, namespace: str) -> str | None:
    return text(client.create(CLAIMS, claim_to_create(), namespace, dry_run=True), "spec", "storageClassName")


def claim_to_create() -> Json:
    """A claim as people write them, with a name of the API server's choosing."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "generateName": "bench-",
            "labels": {"app.kubernetes.io/name": "reports"},
            "annotations": {keys.MOUNT_OPTIONS: "rsize=65536"},
        },
        "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "5Gi"}}},
    }
