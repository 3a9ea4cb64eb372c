"""What becomes of volumes that were taken over once their claims are deleted, and of what was archived of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from controller.decisions.reasons import DATA_RETAINED
from kube import resources
from kube.client import Client
from kube.errors import NotFound
from policy.shapes import Json
from testbed.waiting import wait_for
from tests.cluster.objects import phase, pod
from tests.waiting import WITHIN

from .conftest import Adopt, Say, Steward
from .peers import CSI, Peer, claim, storage_class


@pytest.fixture
def volume(client: Client, directory: Path, team: str, adopt: Adopt) -> Json:
    """The volume of the claim `data`, taken over."""
    assert adopt("--yes").status == 0
    return volume_of(client, team)


def volume_of(client: Client, namespace: str) -> Json:
    bound = client.get(resources.CLAIMS, "data", namespace)
    return client.get(resources.VOLUMES, bound["spec"]["volumeName"])


def is_gone(client: Client, volume: Json) -> bool:
    try:
        client.get(resources.VOLUMES, volume["metadata"]["name"])
    except NotFound:
        return True
    return False


def archives(say: Say, namespace: str) -> list[Any]:
    """The archives of a namespace's claims."""
    return [each for each in json.loads(say("archive", "list", "-o", "json").output) if each["namespace"] == namespace]


@pytest.mark.parametrize("directory", ["nfs-client"], indirect=True)
def test_data_is_deleted_with_its_claim_where_the_class_had_said_so(
    client: Client, directory: Path, team: str, volume: Json, say_in_pod: Say
) -> None:
    client.delete(resources.CLAIMS, "data", team)
    wait_for("the volume's end", lambda: is_gone(client, volume), WITHIN)
    assert not directory.exists()
    assert archives(say_in_pod, team) == []


@pytest.mark.parametrize("directory", ["nfs-archiving", "nfs-by-default"], indirect=True)
def test_data_is_archived_where_the_class_had_said_so_or_nothing_else(
    client: Client, directory: Path, team: str, volume: Json, say_in_pod: Say
) -> None:
    client.delete(resources.CLAIMS, "data", team)
    wait_for("the volume's end", lambda: is_gone(client, volume), WITHIN)
    assert not directory.exists()
    (archive,) = archives(say_in_pod, team)
    assert [archive[key] for key in ("claim", "volume", "keptUntil")] == ["data", volume["metadata"]["name"], None]


@pytest.mark.parametrize("directory", ["nfs-retaining"], indirect=True)
def test_data_is_retained_where_the_class_had_said_so(client: Client, directory: Path, team: str, volume: Json) -> None:
    name = volume["metadata"]["name"]
    client.delete(resources.CLAIMS, "data", team)
    told = wait_for("an Event that says so", lambda: retained(client, name), WITHIN)
    assert "annotation nfs-steward.io/on-delete says so" in told["message"]
    assert (directory / "SUCCESS").exists()
    assert phase(client.get(resources.VOLUMES, name)) == "Released"


def retained(client: Client, name: str) -> Json | None:
    """The Event on a volume that says why its data stays."""
    events = client.list(resources.EVENTS, field_selector=f"involvedObject.name={name},reason={DATA_RETAINED}").items
    return next(events, None)


@pytest.fixture
def csi_directory(client: Client, peer: Peer, team: str, request: pytest.FixtureRequest) -> Path:
    """The directory of the claim `data`, served by csi-driver-nfs, whose class says the parameter."""
    server = {"server": peer.export.server, "share": peer.export.path}
    client.patch(resources.STORAGE_CLASSES, "nfs-csi", storage_class("nfs-csi", CSI, **server), type="apply")
    client.create(resources.CLAIMS, claim("data", team, "nfs-csi"))
    return peer.serve_by_csi(team, "data", request.param)


@pytest.mark.parametrize(
    ("csi_directory", "archived"),
    [pytest.param("", 0, id="deleted"), pytest.param("archive", 1, id="archived")],
    indirect=["csi_directory"],
)
def test_a_csi_volume_ends_as_its_handle_says_and_no_finalizer_holds_it(
    client: Client, csi_directory: Path, team: str, adopt: Adopt, say_in_pod: Say, archived: int
) -> None:
    volume = volume_of(client, team)
    said = adopt("--yes", provisioner=CSI)
    assert said.volume(volume["metadata"]["name"])["outcome"] == "done"
    client.delete(resources.CLAIMS, "data", team)
    wait_for("the volume's end", lambda: is_gone(client, volume), WITHIN)
    assert not csi_directory.exists()
    assert len(archives(say_in_pod, team)) == archived


@pytest.mark.parametrize("directory", ["nfs-archiving"], indirect=True)
def test_an_archive_is_given_back_to_a_claim_that_nobody_uses(
    client: Client, directory: Path, team: str, volume: Json, steward: Steward, say_in_pod: Say
) -> None:
    client.delete(resources.CLAIMS, "data", team)
    wait_for("the volume's end", lambda: is_gone(client, volume), WITHIN)
    (archive,) = archives(say_in_pod, team)
    restore = ("archive", "restore", archive["name"], "--to", f"{team}/data")

    refused = say_in_pod(*restore)
    assert (refused.status, "there is no claim" in refused.errors) == (2, True)

    client.create(resources.CLAIMS, claim("data", team, "nfs-client"))
    wait_for("its being bound", lambda: phase(client.get(resources.CLAIMS, "data", team)) == "Bound", WITHIN)
    user = pod("user", team, {"persistentVolumeClaim": {"claimName": "data"}}, nodeSelector={"no": "node"})
    client.create(resources.PODS, user)
    refused = say_in_pod(*restore)
    assert (refused.status, "Pod user uses claim data" in refused.errors) == (2, True)

    client.delete(resources.PODS, "user", team, grace=0)
    assert say_in_pod(*restore).status == 0
    path = volume_of(client, team)["spec"]["nfs"]["path"].removeprefix(f"{steward.product.bed.export.path}/")
    assert (steward.product.bed.export.root / path / "SUCCESS").read_text() == "kept\n"
    assert archives(say_in_pod, team) == []
    again = say_in_pod(*restore)
    assert (again.status, "there is no such archive" in again.errors) == (2, True)
