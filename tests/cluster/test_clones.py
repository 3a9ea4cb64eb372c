"""Claims to be filled with another one's data, on a real API server: what it lets through, and what it drops."""

from pathlib import Path

import pytest

from kube import resources
from kube.client import Client
from policy.shapes import Json, text
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .installation import Installation
from .objects import phase, whole_claim

CLAIM = {"kind": "PersistentVolumeClaim", "name": "source"}


@pytest.fixture
def source(client: Client, team: str, export_root: Path, installation: Installation) -> Path:
    """The directory of a bound claim, with some data."""
    client.create(resources.CLAIMS, whole_claim("source", team, storageClassName="nfs"))
    folder = directory(client, team, "source", export_root)
    (folder / "sub").mkdir()
    (folder / "sub" / "file").write_text("data")
    (folder / "link").symlink_to("/etc/passwd")
    return folder


def directory(client: Client, namespace: str, name: str, root: Path) -> Path:
    """Where a claim's data lies, once it is bound."""

    def claim() -> Json:
        return client.get(resources.CLAIMS, name, namespace)

    wait_for(f"{name} to be bound", lambda: phase(claim()) == "Bound", WITHIN)
    volume = client.get(resources.VOLUMES, text(claim(), "spec", "volumeName") or "")
    return root / volume["spec"]["nfs"]["path"].rsplit("/", 1)[1]


def refused(client: Client, namespace: str, name: str) -> list[str]:
    """Why a claim gets no volume, as its author is told."""
    events = client.list(resources.EVENTS, namespace, field_selector=f"involvedObject.name={name}").items
    return [event["message"] for event in events if event["reason"] == "ProvisioningFailed"]


@pytest.mark.parametrize("field", ["dataSource", "dataSourceRef"])
def test_a_claim_is_filled_with_the_data_of_another(
    client: Client, team: str, source: Path, export_root: Path, field: str
) -> None:
    client.create(resources.CLAIMS, whole_claim("clone", team, storageClassName="nfs", **{field: CLAIM}))
    clone = directory(client, team, "clone", export_root)
    assert clone != source
    assert (clone / "sub" / "file").read_text() == "data"
    assert (clone / "link").readlink() == Path("/etc/passwd")
    (source / "sub" / "file").write_text("changed")
    assert (clone / "sub" / "file").read_text() == "data"


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        pytest.param(
            {"dataSource": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "x"}},
            "only claims can be copied",
            id="a snapshot",
        ),
        pytest.param(
            {"dataSourceRef": {"apiGroup": "example.com", "kind": "Populator", "name": "x"}},
            "only claims can be copied",
            id="a populator",
        ),
        pytest.param(
            {"dataSourceRef": {**CLAIM, "namespace": "default"}},
            "the API server has dropped the dataSourceRef that its author wrote",
            id="another namespace, where the gate is off",
        ),
        pytest.param(
            {"dataSource": {"apiGroup": "example.com", "kind": "Populator", "name": "x"}},
            "the API server has dropped the dataSource that its author wrote",
            id="what only dataSourceRef may name",
        ),
        pytest.param({"dataSource": {**CLAIM, "name": "nobody"}}, "does not exist (yet)", id="no such claim"),
    ],
)
def test_whatever_else_is_asked_for_is_refused_and_no_empty_volume_is_made(
    client: Client, team: str, installation: Installation, spec: Json, why: str
) -> None:
    client.create(resources.CLAIMS, whole_claim("clone", team, storageClassName="nfs", **spec))
    wait_for("its author to be told", lambda: any(why in each for each in refused(client, team, "clone")), WITHIN)
    assert phase(client.get(resources.CLAIMS, "clone", team)) == "Pending"
