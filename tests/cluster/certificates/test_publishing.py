"""What is published into webhook configurations stays there, whoever applies them again and by whichever way."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from certs.authority import issue_authority
from controller.certificates.effects import FIELD_MANAGER, ClusterCertificates
from controller.certificates.manifests import bundles_in, publication
from controller.gateway import ChangedMeanwhile
from kube.client import Client
from policy.shapes import Json
from testbed.kubectl import Kubectl

from .configurations import KINDS, configuration

MUTATING, _ = KINDS
NAMESPACE = "somewhere"
ENTRIES = ("claims.test.io", "pods.test.io", "volumes.test.io")
_NUMBERS = count(1)

Apply = Callable[[Kubectl, Json], None]


def client_side(kubectl: Kubectl, obj: Json) -> None:
    kubectl("apply", "-f", "-", stdin=json.dumps(obj))


def server_side(kubectl: Kubectl, obj: Json) -> None:
    kubectl("apply", "--server-side", "--field-manager=helm", "-f", "-", stdin=json.dumps(obj))


def forced(kubectl: Kubectl, obj: Json) -> None:
    kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=flux", "-f", "-", stdin=json.dumps(obj))


WAYS = [
    pytest.param(client_side, id="client-side apply"),
    pytest.param(server_side, id="server-side apply"),
    pytest.param(forced, id="server-side apply by force"),
]


@pytest.fixture
def name() -> str:
    return f"published-{next(_NUMBERS)}"


@pytest.fixture
def bundle() -> bytes:
    return issue_authority(timedelta(days=1), lambda: datetime.now(UTC)).certificate


def bundles(client: Client, kind: str, name: str) -> tuple[bytes, ...]:
    return bundles_in(client.get(KINDS[kind], name), f"{name}-webhook", NAMESPACE)


def publish(client: Client, kind: str, name: str, bundle: bytes) -> None:
    patch = publication(client.get(KINDS[kind], name), f"{name}-webhook", NAMESPACE, bundle)
    ClusterCertificates(client).publish(kind, name, patch)


@pytest.mark.parametrize("apply", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_bundle_stays_when_the_same_is_applied_again(
    kubectl: Kubectl, client: Client, apply: Apply, kind: str, name: str, bundle: bytes
) -> None:
    apply(kubectl, configuration(kind, name, NAMESPACE, *ENTRIES))
    publish(client, kind, name, bundle)
    apply(kubectl, configuration(kind, name, NAMESPACE, *ENTRIES))
    assert bundles(client, kind, name) == (bundle,) * 3


@pytest.mark.parametrize("apply", WAYS)
def test_a_bundle_stays_when_something_else_changes(
    kubectl: Kubectl, client: Client, apply: Apply, name: str, bundle: bytes
) -> None:
    apply(kubectl, configuration(MUTATING, name, NAMESPACE, *ENTRIES))
    publish(client, MUTATING, name, bundle)
    upgraded = configuration(MUTATING, name, NAMESPACE, *ENTRIES)
    for entry in upgraded["webhooks"]:
        entry["timeoutSeconds"] = 2
    apply(kubectl, upgraded)
    found = client.get(KINDS[MUTATING], name)["webhooks"]
    assert [entry["timeoutSeconds"] for entry in found] == [2, 2, 2]
    assert bundles(client, MUTATING, name) == (bundle,) * 3


@pytest.mark.parametrize("apply", WAYS)
def test_an_upgrade_may_add_and_remove_entries(
    kubectl: Kubectl, client: Client, apply: Apply, name: str, bundle: bytes
) -> None:
    apply(kubectl, configuration(MUTATING, name, NAMESPACE, *ENTRIES))
    publish(client, MUTATING, name, bundle)
    apply(kubectl, configuration(MUTATING, name, NAMESPACE, ENTRIES[0], "new.test.io"))
    found = client.get(KINDS[MUTATING], name)["webhooks"]
    assert {entry["name"] for entry in found} == {ENTRIES[0], "new.test.io"}
    publish(client, MUTATING, name, bundle)
    assert set(bundles(client, MUTATING, name)) == {bundle}


def test_nothing_but_the_bundles_belongs_to_the_publisher(
    kubectl: Kubectl, client: Client, name: str, bundle: bytes
) -> None:
    server_side(kubectl, configuration(MUTATING, name, NAMESPACE, *ENTRIES))
    publish(client, MUTATING, name, bundle)
    managed = client.get(KINDS[MUTATING], name)["metadata"]["managedFields"]
    (ours,) = [entry["fieldsV1"] for entry in managed if entry["manager"] == FIELD_MANAGER]
    owned = {f'k:{{"name":"{entry}"}}': {"f:clientConfig": {"f:caBundle": {}}} for entry in ENTRIES}
    assert ours == {"f:webhooks": owned}


def test_a_configuration_whose_entries_have_moved_meanwhile_is_looked_at_again(
    kubectl: Kubectl, client: Client, name: str, bundle: bytes
) -> None:
    client_side(kubectl, configuration(MUTATING, name, NAMESPACE, *ENTRIES))
    patch = publication(client.get(KINDS[MUTATING], name), f"{name}-webhook", NAMESPACE, bundle)
    kubectl("replace", "-f", "-", stdin=json.dumps(configuration(MUTATING, name, NAMESPACE, *reversed(ENTRIES))))
    with pytest.raises(ChangedMeanwhile):
        ClusterCertificates(client).publish(MUTATING, name, patch)
    assert bundles(client, MUTATING, name) == (b"",) * 3
