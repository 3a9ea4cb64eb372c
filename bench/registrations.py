"""Letting one contestant at a time decide about what the API server is asked to create.

Ours is registered as the chart does it. The peers' claims are reviewed on the same terms: opted-in namespaces, failure
policy Fail, 3 seconds, invoked again where needed.
"""

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import yaml

from bench.admission import Kind
from bench.arena import CLUSTER_DEFAULT, POLICY, Arena
from bench.contestants import Contestant
from bench.programs import PEERS
from kube.client import Client
from kube.resources import CLAIMS, MUTATING_CONFIGURATIONS, Resource
from policy import keys
from policy.shapes import Json, text
from testbed.product.chart import render
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

_EFFECTIVE_WITHIN: Final = 30.0
_STABLE: Final = 5  # dry runs in a row that must come out alike


@dataclass(frozen=True, slots=True)
class Registration:
    """The objects that give somebody a say in the class of claims; none: the API server's default class stays."""

    name: str
    objects: Sequence[Json]


def nobody() -> Registration:
    """No admission but the API server's own."""
    return Registration("no webhook", ())


def by_cel() -> Registration:
    """The class by a MutatingAdmissionPolicy."""
    objects = tuple(yaml.safe_load_all((PEERS / "cel" / "policy.yaml").read_text()))
    return Registration("MutatingAdmissionPolicy", objects)


def of_chart(contestant: Contestant, arena: Arena) -> Registration:
    """Everything is reviewed by this webhook that the chart would have reviewed."""
    helm = arena.plane.programs.path("helm")
    rendered = render(helm, yaml.safe_load(POLICY.read_text()), arena.folder).callers()
    objects = [_called_at(_client_config(contestant, arena), each) for each in rendered]
    return Registration(contestant.name, objects)


def _called_at(client_config: Json, configuration: Json) -> Json:
    webhooks = [{**webhook, "clientConfig": client_config} for webhook in configuration["webhooks"]]
    return {**configuration, "webhooks": webhooks}


def _client_config(contestant: Contestant, arena: Arena) -> Json:
    return {
        "url": contestant.url + contestant.paths[Kind.CLAIM],
        "caBundle": base64.b64encode(arena.authority.read_bytes()).decode(),
    }


def of_peer(contestant: Contestant, arena: Arena) -> Registration:
    """Claims are reviewed by this webhook, as the chart has ours review them."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["persistentvolumeclaims"]}
    webhook = {
        "name": "bench.nfs-steward.io",
        "clientConfig": _client_config(contestant, arena),
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
    )


@contextmanager
def registered(client: Client, registration: Registration, namespace: str) -> Iterator[None]:
    """Have its objects in the cluster during the block, which begins when they have taken effect in `namespace`."""
    try:
        for obj in registration.objects:
            client.create(_RESOURCES[obj["kind"]], obj)
        wait_for(
            f"{registration.name} decides about claims",
            lambda: all(_class_is_decided(client, namespace) == bool(registration.objects) for _ in range(_STABLE)),
            _EFFECTIVE_WITHIN,
        )
        yield
    finally:
        for obj in registration.objects:
            client.delete(_RESOURCES[obj["kind"]], obj["metadata"]["name"])


def _class_is_decided(client: Client, namespace: str) -> bool:
    """Whether a claim that names no class gets another one than the cluster's default."""
    claim = client.create(CLAIMS, claim_to_create(), namespace, dry_run=True)
    return text(claim, "spec", "storageClassName") != CLUSTER_DEFAULT


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
