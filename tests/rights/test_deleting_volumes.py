"""The fence around the right to delete volumes, tried with the account's own token, as a dry run."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from kube import resources
from kube.client import Client
from kube.connection import connect
from kube.errors import Forbidden
from policy import keys
from policy.shapes import Json, text
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .needs import released_volume
from .world import UNSERVED, World

RETAIN = {"persistentVolumeReclaimPolicy": "Retain"}


@pytest.fixture(scope="module")
def export(world: World) -> Client:
    """With the token of the exports' controllers."""
    return connect(world.product.kubeconfig("export"))


@pytest.fixture
def ended(world: World) -> Callable[..., str]:
    """Makes a volume whose claim is gone, on an export whose controller does not run; its name."""

    def ended(spec: Json | None = None, annotations: Json | None = None) -> str:
        claim = {"namespace": "default", "name": world.name(), "uid": str(uuid4())}
        volume = released_volume(world, claim, UNSERVED)
        volume["spec"] |= spec or {}
        volume["metadata"]["annotations"] |= annotations or {}
        name: str = world.admin.create(resources.VOLUMES, volume)["metadata"]["name"]
        wait_for("it to be released", lambda: phase(world, name) == "Released", WITHIN)
        return name

    return ended


def phase(world: World, name: str) -> str | None:
    return text(world.admin.get(resources.VOLUMES, name), "status", "phase")


@pytest.mark.parametrize("on_delete", ["delete", "archive"])
def test_a_volume_at_its_end_can_be_deleted(export: Client, ended: Callable[..., str], on_delete: str) -> None:
    export.delete(resources.VOLUMES, ended(annotations={keys.ON_DELETE: on_delete}), dry_run=True)


@pytest.mark.parametrize(
    ("spec", "annotations"),
    [
        pytest.param(RETAIN, {}, id="it outlives its claim"),
        pytest.param({}, {keys.ON_DELETE: "retain"}, id="its data is retained"),
        pytest.param({}, {keys.ON_DELETE: "shred"}, id="nobody knows what becomes of its data"),
        pytest.param({}, {keys.ON_DELETE: ""}, id="it does not say"),
    ],
)
def test_no_other_volume_without_a_claim_can_be_deleted(
    export: Client, ended: Callable[..., str], spec: Json, annotations: Json
) -> None:
    with pytest.raises(Forbidden, match="nfs-steward may delete volumes only"):
        export.delete(resources.VOLUMES, ended(spec, annotations), dry_run=True)


def test_a_volume_that_has_its_claim_cannot_be_deleted(world: World, export: Client) -> None:
    claim = world.claim(world.namespace(opted_in=False), storageClassName="none")
    created = world.admin.create(resources.CLAIMS, claim)["metadata"]
    reference = {key: created[key] for key in ("namespace", "name", "uid")}
    volume = released_volume(world, reference, UNSERVED)
    volume["spec"]["storageClassName"] = "none"
    name = world.admin.create(resources.VOLUMES, volume)["metadata"]["name"]
    wait_for("it to be bound", lambda: phase(world, name) == "Bound", WITHIN)

    with pytest.raises(Forbidden, match="whose claim is gone"):
        export.delete(resources.VOLUMES, name, dry_run=True)


@pytest.mark.parametrize("account", ["cluster", "uninstall", "webhook"])
def test_no_other_account_can_delete_volumes(world: World, ended: Callable[..., str], account: str) -> None:
    with pytest.raises(Forbidden, match="cannot delete resource"):
        connect(world.product.kubeconfig(account)).delete(resources.VOLUMES, ended(), dry_run=True)
