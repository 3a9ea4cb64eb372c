"""What becomes of the data of volumes that are taken over: what their provisioner would have done."""

from datetime import timedelta

import pytest

from controller.adoption.fate import fate_of
from policy.load import load_policy
from policy.parameters import OnDelete
from policy.shapes import Json

from .objects import OURS, csi_volume, policy, storage_class, volume

EXPORTS = policy()
TWO_EXPORTS = load_policy(
    "exports: [{name: a, server: 10.0.0.5, path: /nfs/data}, {name: b, server: b, path: /b}]\n"
    "profiles: [{name: default}]",
    "policy",
)


def fate(obj: Json, *classes: Json) -> tuple[str, timedelta | None]:
    by_name = {each["metadata"]["name"]: each for each in classes}
    found = fate_of(obj, EXPORTS.exports[0], by_name, EXPORTS)
    return found.ending.on_delete.value, found.ending.archive_for


@pytest.mark.parametrize(
    ("parameters", "on_delete"),
    [
        pytest.param({}, "archive", id="which is to archive where it says nothing"),
        pytest.param({"archiveOnDelete": "true"}, "archive", id="archiveOnDelete"),
        pytest.param({"archiveOnDelete": "false"}, "delete", id="not archiveOnDelete"),
        pytest.param({"onDelete": "delete"}, "delete", id="onDelete: delete"),
        pytest.param({"onDelete": "retain"}, "retain", id="onDelete: retain"),
        pytest.param({"onDelete": "delete", "archiveOnDelete": "true"}, "delete", id="onDelete goes first"),
        pytest.param({"onDelete": "", "archiveOnDelete": "false"}, "delete", id="an empty onDelete is none"),
        pytest.param({"archiveOnDelete": "perhaps"}, "retain", id="nothing that can be read"),
        pytest.param(
            {"archiveOnDelete": "false", "pathPattern": "..", "x": "y"}, "delete", id="whatever else is wrong"
        ),
    ],
)
def test_a_volume_s_data_ends_as_its_class_says(parameters: dict[str, str], on_delete: str) -> None:
    assert fate(volume(), storage_class(**parameters)) == (on_delete, None)


def test_a_class_made_anew_under_the_old_name_is_read_as_ours() -> None:
    anew = storage_class(provisioner=OURS, onDelete="archive", archiveFor="720h")
    assert fate(volume(), anew) == ("archive", timedelta(hours=720))


def test_a_reclaim_policy_that_the_class_has_got_since_then_does_not_change_the_volumes_there_are() -> None:
    assert fate(volume(), {**storage_class(archiveOnDelete="false"), "reclaimPolicy": "Retain"}) == ("delete", None)


def test_a_class_that_names_no_export_is_read_where_there_are_several() -> None:
    classes = {"nfs-client": storage_class(archiveOnDelete="false")}
    found = fate_of(volume(), TWO_EXPORTS.exports[0], classes, TWO_EXPORTS)
    assert found.ending.on_delete is OnDelete.DELETE


@pytest.mark.parametrize(
    ("name", "because"),
    [
        pytest.param("nfs-client", "its class nfs-client is gone", id="gone"),
        pytest.param("", "it has no class", id="none"),
    ],
)
def test_without_a_class_the_data_is_retained(name: str, because: str) -> None:
    found = fate_of(volume(storageClassName=name), EXPORTS.exports[0], {}, EXPORTS)
    assert found.ending.on_delete is OnDelete.RETAIN
    assert found.because.startswith(f"{because}; annotation nfs-steward.io/on-delete")


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        pytest.param({"on-delete": "archive", "archive-for": "24h"}, ("archive", timedelta(days=1)), id="both"),
        pytest.param({"on-delete": "delete"}, ("delete", None), id="one"),
        pytest.param({"on-delete": "shred"}, ("retain", None), id="what cannot be read"),
    ],
)
def test_an_annotation_on_the_volume_goes_before_its_class(
    marks: dict[str, str], expected: tuple[str, timedelta | None]
) -> None:
    annotations = {f"nfs-steward.io/{key}": value for key, value in marks.items()}
    assert fate(volume(annotations=annotations), storage_class(onDelete="retain")) == expected


@pytest.mark.parametrize(
    ("handle", "on_delete"),
    [
        pytest.param("10.0.0.5#nfs/data#pvc-1##", "delete", id="nothing said"),
        pytest.param("10.0.0.5#nfs/data#a/b#pvc-1#archive", "archive", id="archive"),
        pytest.param("10.0.0.5#nfs/data#pvc-1##Retain", "retain", id="retain"),
        pytest.param("10.0.0.5#nfs/data#pvc-1##shred", "retain", id="what cannot be read"),
        pytest.param("10.0.0.5/nfs/data/pvc-1", "delete", id="an early release's handle"),
    ],
)
def test_a_csi_volume_s_data_ends_as_its_handle_says_whatever_its_class(handle: str, on_delete: str) -> None:
    theirs = storage_class("nfs-csi", "nfs.csi.k8s.io", server="10.0.0.5", share="/nfs/data", onDelete="retain")
    assert fate(csi_volume(handle=handle), theirs) == (on_delete, None)
