"""The end of claims and volumes on a real API server: whose data goes, whose is archived, and whose stays."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kube import resources
from kube.client import Client
from kube.errors import NotFound
from policy import keys
from policy.paths import RESERVED
from policy.shapes import Json, annotations, text
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .conftest import MakeClass
from .installation import HEALER, MAIN, Installation
from .objects import nfs, phase, volume, whole_claim

PRECIOUS = "precious"
ELSEWHERE = "192.0.2.7"
"""No server of the policy."""


@dataclass(frozen=True)
class Owner:
    """A bound claim, its volume's name, and its directory with data in it."""

    client: Client
    namespace: str
    claim: str
    volume: str
    directory: Path

    def delete_claim(self) -> None:
        """Delete the claim; returns at once."""
        self.client.delete(resources.CLAIMS, self.claim, self.namespace)

    def delete_volume(self) -> None:
        """Delete the volume by hand; returns at once."""
        self.client.delete(resources.VOLUMES, self.volume)

    def read_volume(self) -> Json | None:
        """The volume as it is now, None for none."""
        try:
            return self.client.get(resources.VOLUMES, self.volume)
        except NotFound:
            return None

    def wait_gone(self) -> None:
        """Return when there is no volume any more."""
        wait_for("the volume to be gone", lambda: self.read_volume() is None, WITHIN)

    def wait_phase(self, wanted: str) -> Json:
        """The volume, as soon as it is in that phase."""
        wait_for(f"the volume to be {wanted}", lambda: phase(self.read_volume() or {}) == wanted, WITHIN)
        found = self.read_volume()
        assert found is not None
        return found

    def said(self, reason: str) -> str:
        """What is told of the volume by that reason, as soon as it is."""
        return said_of(self.client, self.volume, reason)

    @property
    def data(self) -> str | None:
        """What lies in the directory; None where that is gone."""
        file = self.directory / PRECIOUS
        return file.read_text() if file.exists() else None


def said_of(client: Client, name: str, reason: str) -> str:
    """What is told of a volume by a reason, as soon as it is."""

    def message() -> str | None:
        events = client.list(resources.EVENTS, "default", field_selector=f"involvedObject.name={name}").items
        return next((text(event, "message") for event in events if event["reason"] == reason), None)

    wait_for(f"{reason} to be told of {name}", lambda: message() is not None, WITHIN)
    return message() or ""


MakeOwner = Callable[..., Owner]


@pytest.fixture
def make_owner(client: Client, team: str, export_root: Path) -> MakeOwner:
    """Make a claim of a class, wait for its volume, and write data there."""

    def make(storage_class: str, name: str = "data") -> Owner:
        client.create(resources.CLAIMS, whole_claim(name, team, storageClassName=storage_class))
        wait_for(f"{name} to be bound", lambda: phase(client.get(resources.CLAIMS, name, team)) == "Bound", WITHIN)
        bound = client.get(resources.VOLUMES, client.get(resources.CLAIMS, name, team)["spec"]["volumeName"])
        directory = export_root / Path(bound["spec"]["nfs"]["path"]).relative_to("/nfs/data")
        (directory / "deep" / "er").mkdir(parents=True)
        (directory / PRECIOUS).write_text(name)
        return Owner(client, team, name, bound["metadata"]["name"], directory)

    return make


def archived(export_root: Path, owner: Owner) -> list[str]:
    """What the archives of a claim hold."""
    found = (export_root / RESERVED / "archives").glob(f"*{owner.namespace}*/data/{PRECIOUS}")
    return [file.read_text() for file in found]


def test_the_data_goes_with_the_claim_and_the_volume_with_the_data(
    make_owner: MakeOwner, make_class: MakeClass, export_root: Path
) -> None:
    owner = make_owner(make_class(onDelete="delete"))
    assert owner.data == "data"
    owner.delete_claim()
    owner.wait_gone()
    assert not owner.directory.exists()
    assert owner.directory.name in owner.said("DataRemoved")
    assert archived(export_root, owner) == []


def test_the_data_of_a_class_that_archives_is_archived(
    make_owner: MakeOwner, make_class: MakeClass, export_root: Path
) -> None:
    owner = make_owner(make_class(onDelete="archive", archiveFor="720h"))
    owner.delete_claim()
    owner.wait_gone()
    assert not owner.directory.exists()
    assert archived(export_root, owner) == ["data"]
    owner.said("DataArchived")


def test_a_volume_that_is_to_be_retained_by_now_is_held_no_longer_and_keeps_its_data(make_owner: MakeOwner) -> None:
    owner = make_owner("nfs")
    retain = {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}
    owner.client.patch(resources.VOLUMES, owner.volume, retain, type="merge")
    owner.delete_claim()
    owner.said("DataRetained")
    assert owner.data == "data"

    owner.delete_volume()
    owner.wait_gone()
    assert owner.data == "data"


def test_deleting_needs_nothing_but_the_volume(client: Client, make_owner: MakeOwner, make_class: MakeClass) -> None:
    name = make_class(pathPattern="${.PVC.namespace}/${.PVC.name}")
    owner = make_owner(name)
    own = client.get(resources.STORAGE_CLASSES, name)
    client.delete(resources.STORAGE_CLASSES, name)
    try:
        owner.delete_claim()
        owner.wait_gone()
    finally:
        del own["metadata"]["resourceVersion"], own["metadata"]["uid"]
        client.create(resources.STORAGE_CLASSES, own)
    assert not owner.directory.exists()
    assert owner.directory.parent.is_dir(), "a parent is nobody's to remove"


def test_a_volume_that_is_deleted_in_use_goes_with_its_claim(make_owner: MakeOwner) -> None:
    owner = make_owner("nfs")
    owner.delete_volume()
    found = owner.read_volume()
    assert found is not None
    assert found["metadata"]["deletionTimestamp"]
    assert owner.data == "data"

    owner.delete_claim()
    owner.wait_gone()
    assert not owner.directory.exists()


def test_what_a_volume_does_not_say_clearly_is_retained_and_said(make_owner: MakeOwner) -> None:
    owner = make_owner("nfs")
    marks = {"metadata": {"annotations": {keys.ON_DELETE: "Delete"}}}
    owner.client.patch(resources.VOLUMES, owner.volume, marks, type="merge")
    owner.delete_claim()
    assert "it can be delete, retain, archive" in owner.said("DataRetained")
    assert owner.wait_phase("Released")
    assert owner.data == "data"

    mended = {"metadata": {"annotations": {keys.ON_DELETE: "delete"}}}
    owner.client.patch(resources.VOLUMES, owner.volume, mended, type="merge")
    owner.wait_gone()
    assert not owner.directory.exists()


def test_data_in_which_another_volume_lies_is_retained_until_that_is_gone(
    client: Client, installation: Installation, make_owner: MakeOwner, team: str
) -> None:
    owner = make_owner("nfs")
    # Without a class of its own the binder would give it to any claim that waits for a volume without one.
    source = nfs(f"{owner.directory.name}/deep")
    client.create(resources.VOLUMES, volume(f"{team}-inside", source, storageClassName=team))
    owner.delete_claim()
    assert f"{team}-inside lies inside it" in owner.said("DataRetained")
    assert owner.data == "data"

    client.delete(resources.VOLUMES, f"{team}-inside")
    with installation.without(MAIN):
        pass  # whoever begins to lead looks at everything
    owner.wait_gone()
    assert not owner.directory.exists()


def test_a_volume_on_no_managed_export_is_retained_until_somebody_deletes_it(
    client: Client, team: str, installation: Installation
) -> None:
    assert {HEALER, MAIN} <= installation.programs.keys()
    reference = {"kind": "PersistentVolumeClaim", "namespace": team, "name": "gone", "uid": "8d9d2c6f-gone"}
    metadata = {
        "annotations": {keys.PROVISIONED_BY: keys.PROVISIONER, keys.ON_DELETE: "delete"},
        "finalizers": [keys.DATA_FINALIZER],
    }
    source = {"nfs": {"server": ELSEWHERE, "path": "/nfs/data/x"}, "claimRef": reference}
    policy = {"persistentVolumeReclaimPolicy": "Delete"}
    client.create(resources.VOLUMES, volume(f"{team}-lost", {**source, **policy}, meta=metadata))

    assert "no export of the policy" in said_of(client, f"{team}-lost", "DataRetained")
    client.delete(resources.VOLUMES, f"{team}-lost")

    def is_gone() -> bool:
        return all(each["metadata"]["name"] != f"{team}-lost" for each in client.list(resources.VOLUMES).items)

    wait_for("it to be gone", is_gone, WITHIN)


def test_nothing_is_written_for_volumes_that_stay_as_they_are(
    client: Client, installation: Installation, make_owner: MakeOwner
) -> None:
    """After a restart everything is looked at."""
    kept, used = make_owner("nfs-kept", "kept"), make_owner("nfs", "used")
    kept.delete_claim()
    kept.wait_phase("Released")
    wait_for("its use to be told", lambda: keys.MEASURED_AT in annotations(used.read_volume() or {}), WITHIN)
    before = {each.volume: each.read_volume() for each in (kept, used)}

    with installation.without(MAIN, HEALER):
        pass
    other = make_owner("nfs", "other")
    other.delete_claim()
    other.wait_gone()

    assert {each.volume: each.read_volume() for each in (kept, used)} == before
    assert (kept.data, used.data) == ("kept", "used")
