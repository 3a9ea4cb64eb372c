from typing import Any

import pytest

from controller.observed.records import VolumeRecord, claim_record, pod_record, volume_record
from policy import keys


def claim(annotations: dict[str, str] | None = None, phase: str | None = "Pending", **spec: Any) -> dict[str, Any]:
    metadata = {"namespace": "team-a", "name": "data", "uid": "u", "annotations": annotations}
    return {"metadata": metadata, "spec": spec, "status": {"phase": phase} if phase else {}}


@pytest.mark.parametrize(
    ("raw", "storage_class"),
    [
        pytest.param(claim(), None, id="none"),
        pytest.param(claim(storageClassName="nfs"), "nfs", id="named"),
        pytest.param(claim(storageClassName=""), "", id="none wanted"),
        pytest.param(claim({keys.LEGACY_CLASS_ANNOTATION: "old"}), "old", id="by the legacy annotation"),
        pytest.param(claim({keys.LEGACY_CLASS_ANNOTATION: "old"}, storageClassName="nfs"), "old", id="by both"),
    ],
)
def test_a_claims_class_is_what_kubernetes_takes_it_for(raw: dict[str, Any], storage_class: str | None) -> None:
    assert claim_record(raw).storage_class == storage_class


@pytest.mark.parametrize(
    ("phase", "pending"),
    [
        pytest.param(None, True, id="just created"),
        pytest.param("Pending", True, id="pending"),
        pytest.param("Bound", False, id="bound"),
        pytest.param("Lost", False, id="lost"),
    ],
)
def test_a_claim_is_pending_until_it_has_a_volume(phase: str | None, pending: bool) -> None:
    assert claim_record(claim(phase=phase)).pending is pending


@pytest.mark.parametrize(
    ("asked", "has", "phase", "grows"),
    [
        pytest.param("2Gi", "1Gi", "Bound", True, id="more"),
        pytest.param("1025Mi", "1Gi", "Bound", True, id="a little more"),
        pytest.param("1Gi", "1Gi", "Bound", False, id="the same"),
        pytest.param("1024Mi", "1Gi", "Bound", False, id="the same in another unit"),
        pytest.param("1Gi", "10Gi", "Bound", False, id="less"),
        pytest.param("1e30", "1Gi", "Bound", True, id="beyond measure"),
        pytest.param("2Gi", "1Gi", "Lost", False, id="lost"),
        pytest.param("2Gi", None, "Pending", False, id="nothing yet"),
    ],
)
def test_a_claim_grows_while_it_has_less_than_it_asks_for(asked: str, has: str | None, phase: str, grows: bool) -> None:
    raw = claim(phase=phase, resources={"requests": {"storage": asked}})
    raw["status"] |= {"capacity": {"storage": has}} if has else {}

    assert claim_record(raw).grows is grows


def test_the_schedulers_choice_makes_another_record() -> None:
    """Or no change would be seen, and a claim that waits for its first consumer would wait forever."""
    asked = {keys.STORAGE_PROVISIONER_ANNOTATIONS[0]: keys.PROVISIONER}

    assert claim_record(claim(asked)) != claim_record(claim({**asked, keys.SELECTED_NODE: "node-1"}))


@pytest.mark.parametrize(
    ("before", "after", "phase", "another"),
    [
        pytest.param({}, {"labels": {"app": "web"}}, "Pending", True, id="a label more"),
        pytest.param({"labels": {"app": "a"}}, {"labels": {"app": "b"}}, "Pending", True, id="a label's value"),
        pytest.param({}, {"annotations": {"a": "b"}}, "Pending", True, id="an annotation more"),
        pytest.param({"labels": {"a": "b"}}, {"annotations": {"a": "b"}}, "Pending", True, id="one for the other"),
        pytest.param({}, {"annotations": {f"{keys.BINDERS_OWN}x": "y"}}, "Pending", False, id="the binder's mark"),
        pytest.param({}, {"labels": {"app": "web"}}, "Bound", False, id="a label of a claim that has its volume"),
    ],
)
def test_a_claim_that_waits_makes_another_record_with_every_mark_its_path_may_hold(
    before: dict[str, Any], after: dict[str, Any], phase: str, another: bool
) -> None:
    one, other = claim(phase=phase), claim(phase=phase)
    one["metadata"] |= before
    other["metadata"] |= after

    assert (claim_record(one) != claim_record(other)) is another


def test_a_record_is_the_same_whatever_else_is_in_the_claim_until_the_binder_says_which_volume_it_gets() -> None:
    waits = claim(storageClassName="nfs")

    assert claim_record(waits) == claim_record({**waits, "status": {"phase": "Pending", "conditions": []}})
    assert claim_record(waits) != claim_record(claim(storageClassName="nfs", volumeName="pv"))


@pytest.mark.parametrize(
    ("spec", "kept"),
    [
        pytest.param({}, False, id="nothing"),
        pytest.param({"schedulingGates": [{"name": "example.com/other"}]}, False, id="another's gate"),
        pytest.param({"schedulingGates": [{"name": f"{keys.DIRECTORY_GATE}-main"}]}, True, id="our gate"),
        pytest.param({"volumes": [{"name": "x", "hostPath": {"path": "/x"}}]}, False, id="another volume"),
        pytest.param({"volumes": [{"name": "x", "nfs": {"server": "s", "path": "/p"}}]}, True, id="an NFS volume"),
    ],
)
def test_of_pods_only_those_that_concern_us_are_kept(spec: dict[str, Any], kept: bool) -> None:
    raw = {"metadata": {"namespace": "team-a", "name": "web"}, "spec": spec}

    assert (pod_record(raw) is not None) is kept


@pytest.mark.parametrize(
    ("annotations", "spec", "has_options"),
    [
        pytest.param({}, {}, False, id="none"),
        pytest.param({}, {"mountOptions": []}, False, id="an empty list"),
        pytest.param({}, {"mountOptions": ["ro"]}, True, id="some"),
        pytest.param({keys.LEGACY_MOUNT_OPTIONS_ANNOTATION: "ro"}, {}, True, id="by the legacy annotation"),
    ],
)
def test_a_volume_has_options_wherever_the_kubelet_looks(
    annotations: dict[str, str], spec: dict[str, Any], has_options: bool
) -> None:
    raw = {"metadata": {"name": "v", "annotations": annotations}, "spec": spec}

    assert volume_record(raw).has_options is has_options


def record_of(**parts: Any) -> VolumeRecord:
    return volume_record({"metadata": {"name": "v", **parts.pop("metadata", {})}, **parts})


@pytest.mark.parametrize(
    ("parts", "field", "value"),
    [
        pytest.param({}, "provisioner", "", id="static"),
        pytest.param(
            {"metadata": {"annotations": {keys.PROVISIONED_BY: "example.com/x"}}},
            "provisioner",
            "example.com/x",
            id="somebody's",
        ),
        pytest.param({}, "reclaims", False, id="no policy"),
        pytest.param({"spec": {"persistentVolumeReclaimPolicy": "Retain"}}, "reclaims", False, id="outlives its claim"),
        pytest.param({"spec": {"persistentVolumeReclaimPolicy": "Delete"}}, "reclaims", True, id="goes with its claim"),
        pytest.param({"status": {"phase": "Bound"}}, "over", False, id="bound"),
        pytest.param({"status": {"phase": "Released"}}, "released", True, id="released"),
        pytest.param({"status": {"phase": "Failed"}}, "released", True, id="failed"),
        pytest.param({"metadata": {"deletionTimestamp": "2030-01-01T12:00:00Z"}}, "deleting", True, id="being deleted"),
        pytest.param({"metadata": {"deletionTimestamp": "2030-01-01T12:00:00Z"}}, "over", True, id="going"),
        pytest.param({}, "shared", False, id="its own directory"),
        pytest.param({"metadata": {"annotations": {keys.SHARED: "true"}}}, "shared", True, id="a shared directory"),
        pytest.param({"metadata": {"annotations": {keys.SHARED: "1"}}}, "shared", False, id="no word of ours"),
        pytest.param({"metadata": {"finalizers": ["a.b/c"]}}, "held", False, id="held by others"),
        pytest.param({"metadata": {"finalizers": ["a.b/c", keys.DATA_FINALIZER]}}, "held", True, id="held by us"),
    ],
)
def test_of_a_volume_is_kept_what_its_end_is_decided_by(parts: dict[str, Any], field: str, value: object) -> None:
    assert getattr(record_of(**parts), field) == value


def test_other_words_on_what_becomes_of_the_data_make_another_record() -> None:
    """Or nobody would look again when what could not be read has been mended."""
    marks = {keys.ON_DELETE: "archive"}

    assert record_of(metadata={"annotations": marks}) != record_of(metadata={"annotations": {keys.ON_DELETE: "?"}})
    assert record_of(metadata={"annotations": marks}) != record_of(
        metadata={"annotations": {**marks, keys.ARCHIVE_FOR: "720h"}}
    )
