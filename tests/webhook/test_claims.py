"""Each row of the design's table that is about claims, on raw reviews."""

from collections.abc import Callable
from typing import Any

import pytest

from policy import keys
from policy.errors import WrongShape
from policy.shapes import Json
from tests.authorship import written
from webhook.cluster import StillCluster

from .asking import decide, fills, result, rules, why_kept
from .objects import claim, volume, whole_claim

ClusterWith = Callable[..., StillCluster]

CLASS = "spec.storageClassName"
SIZE = "spec.resources.requests.storage"
MODES = "spec.accessModes"
OPTIONS = f"metadata.annotations[{keys.EFFECTIVE_MOUNT_OPTIONS}]"


def plugins_default(obj: Json) -> Json:
    """The claim after the DefaultStorageClass plugin has put the cluster's default in."""
    obj["spec"]["storageClassName"] = "fast"
    return obj


def authors_class(name: str) -> Json:
    return whole_claim({"managedFields": [written(CLASS)]}, storageClassName=name)


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param(whole_claim(), id="no class"),
        pytest.param(plugins_default(whole_claim()), id="the cluster's default, which the author did not write"),
        pytest.param(whole_claim(selector=None, dataSource=None), id="exclusions that are null"),
    ],
)
def test_a_class_that_the_author_left_out_is_the_profiles(cluster: StillCluster, obj: Json) -> None:
    decision = decide(cluster, obj)
    assert fills(decision)[CLASS] == "nfs"
    assert rules(decision)[CLASS] == "profile default"
    assert result(cluster, obj)["spec"]["storageClassName"] == "nfs"


def test_the_namespaces_label_goes_over_the_profiles_class(cluster_with: ClusterWith) -> None:
    decision = decide(cluster_with(labels={keys.STORAGE_CLASS: "slow"}), whole_claim())
    assert (fills(decision)[CLASS], rules(decision)[CLASS]) == ("slow", f"label {keys.STORAGE_CLASS}")


@pytest.mark.parametrize(
    ("obj", "why"),
    [
        pytest.param(authors_class("fast"), "its author named the class", id="author names the cluster's default"),
        pytest.param(authors_class("slow"), "its author named the class", id="author names another"),
        pytest.param(authors_class("nfs"), "its author named the class", id="author names the profile's"),
        pytest.param(authors_class(""), "its author asked for no class", id="author names none"),
        pytest.param(
            whole_claim(storageClassName="other"), "another webhook named the class", id="another webhook's class"
        ),
        pytest.param(
            whole_claim({"managedFields": None}, storageClassName="fast"),
            "its author named the class",
            id="no record of authorship",
        ),
        pytest.param(whole_claim(selector={"matchLabels": {"a": "b"}}), "a selector or data source", id="selector"),
        pytest.param(whole_claim(dataSource={"kind": "VolumeSnapshot"}), "a selector or data source", id="data source"),
        pytest.param(whole_claim(dataSourceRef={"kind": "X"}), "a selector or data source", id="data source reference"),
        pytest.param(
            whole_claim({"annotations": {keys.LEGACY_CLASS_ANNOTATION: "old"}}),
            f"annotation {keys.LEGACY_CLASS_ANNOTATION} names a class",
            id="legacy annotation",
        ),
        pytest.param(
            plugins_default(whole_claim({"annotations": {keys.FILLED: CLASS}})),
            "it was filled in before",
            id="filled in by an earlier pass",
        ),
    ],
)
def test_a_class_is_left_alone(cluster: StillCluster, obj: Json, why: str) -> None:
    decision = decide(cluster, obj)
    assert CLASS not in fills(decision)
    assert why_kept(decision)[CLASS].startswith(why)


def test_a_profile_without_a_class_fills_none_in(cluster_with: ClusterWith) -> None:
    assert why_kept(decide(cluster_with(profile="bare"), whole_claim()))[CLASS] == "profile bare names no class"


@pytest.mark.parametrize(
    ("volumes_class", "expected"),
    [
        pytest.param({"storageClassName": "static"}, "static", id="the volume's class"),
        pytest.param({}, "", id="no class, where the volume has none"),
    ],
)
@pytest.mark.parametrize("as_sent", [whole_claim, lambda **spec: plugins_default(whole_claim(**spec))])
def test_a_claim_that_names_a_volume_gets_its_class(
    cluster_with: ClusterWith, as_sent: Callable[..., Json], volumes_class: Json, expected: str
) -> None:
    cluster = cluster_with(volumes=(volume(**volumes_class),))
    decision = decide(cluster, as_sent(volumeName="pv"))
    assert (fills(decision)[CLASS], rules(decision)[CLASS]) == (expected, "class of volume pv")
    assert decision.warnings == ()


def test_the_legacy_class_of_a_named_volume_counts(cluster_with: ClusterWith) -> None:
    legacy = volume({"annotations": {keys.LEGACY_CLASS_ANNOTATION: "old"}})
    assert fills(decide(cluster_with(volumes=(legacy,)), whole_claim(volumeName="pv")))[CLASS] == "old"


def test_a_class_beside_a_named_volume_stays_if_the_author_wrote_it(cluster_with: ClusterWith) -> None:
    obj = whole_claim({"managedFields": [written(CLASS, "spec.volumeName")]}, volumeName="pv", storageClassName="fast")
    decision = decide(cluster_with(volumes=(volume(),)), obj)
    assert why_kept(decision)[CLASS] == "its author named the class"


def test_a_named_volume_that_does_not_exist_draws_a_warning(cluster: StillCluster) -> None:
    decision = decide(cluster, whole_claim(volumeName="gone"))
    assert CLASS not in fills(decision)
    assert any("gone" in warning for warning in decision.warnings)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="no resources"),
        pytest.param({"resources": {}}, id="no requests"),
        pytest.param({"resources": {"requests": {"cpu": "1"}}}, id="another request"),
        pytest.param({"resources": {"requests": None}}, id="null"),
    ],
)
def test_a_size_that_the_author_left_out_is_the_profiles(cluster: StillCluster, spec: Json) -> None:
    obj = claim(**spec)
    assert rules(decide(cluster, obj))[SIZE] == "profile default"
    assert result(cluster, obj)["spec"]["resources"]["requests"]["storage"] == "1Gi"


def test_the_default_size_may_come_from_the_namespaces_label(cluster_with: ClusterWith) -> None:
    decision = decide(cluster_with(labels={keys.DEFAULT_CLAIM: "7Gi"}), claim())
    assert fills(decision)[SIZE] == "7Gi"
    assert keys.DEFAULT_CLAIM in rules(decision)[SIZE]


@pytest.mark.parametrize("spec", [{}, {"accessModes": None}, {"accessModes": []}], ids=["absent", "null", "empty"])
def test_access_modes_that_the_author_left_out_are_the_profiles(cluster: StillCluster, spec: Json) -> None:
    assert result(cluster, claim(**spec))["spec"]["accessModes"] == ["ReadWriteMany"]


@pytest.mark.parametrize(
    ("obj", "field", "why"),
    [
        pytest.param(whole_claim(), SIZE, "its author named the size", id="size"),
        pytest.param(whole_claim(), MODES, "its author named the access modes", id="access modes"),
        pytest.param(
            claim({"annotations": {keys.FILLED: f"{SIZE},{MODES}"}}), SIZE, "it was filled in before", id="size before"
        ),
        pytest.param(
            claim({"annotations": {keys.FILLED: f"{SIZE},{MODES}"}}),
            MODES,
            "it was filled in before",
            id="modes before",
        ),
    ],
)
def test_size_and_access_modes_are_left_alone(cluster: StillCluster, obj: Json, field: str, why: str) -> None:
    decision = decide(cluster, obj)
    assert field not in fills(decision)
    assert why_kept(decision)[field] == why


def test_a_profile_without_size_and_modes_fills_none_in(cluster_with: ClusterWith) -> None:
    kept = why_kept(decide(cluster_with(profile="bare"), claim()))
    assert kept[SIZE] == "profile bare has no default size"
    assert kept[MODES] == "profile bare has no access modes"


@pytest.mark.parametrize(
    ("request_for", "expected"),
    [
        pytest.param(None, "hard,noatime", id="the profile's"),
        pytest.param("rsize=65536", "hard,noatime,rsize=65536", id="with an allowed request"),
        pytest.param("suid,rsize=65536", "hard,noatime,rsize=65536", id="without what may not be asked for"),
    ],
)
def test_the_options_that_the_volume_will_get_are_told(
    cluster: StillCluster, request_for: str | None, expected: str
) -> None:
    annotations = {"annotations": {keys.MOUNT_OPTIONS: request_for}} if request_for else {}
    patched = result(cluster, whole_claim(annotations))
    assert patched["metadata"]["annotations"][keys.EFFECTIVE_MOUNT_OPTIONS] == expected
    assert patched["metadata"]["annotations"].get(keys.MOUNT_OPTIONS) == request_for


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        pytest.param("suid", "suid", id="never by a claim"),
        pytest.param("nolock", "nolock", id="not allowed by the profile"),
        pytest.param("nonsense=1", "nonsense", id="unknown"),
        pytest.param("nconnect=8", "nconnect=8", id="another nconnect than the export's"),
    ],
)
def test_an_option_asked_for_in_vain_draws_a_warning(cluster: StillCluster, asked: str, told: str) -> None:
    decision = decide(cluster, whole_claim({"annotations": {keys.MOUNT_OPTIONS: asked}}))
    assert any(told in warning for warning in decision.warnings)
    assert fills(decision)[OPTIONS] == "hard,noatime"


@pytest.mark.parametrize(
    ("obj", "told"),
    [
        pytest.param(authors_class("slow"), False, id="a class that is not NFS"),
        pytest.param(authors_class("nfs"), True, id="the profile's own class, by its author"),
        pytest.param(authors_class(""), False, id="no class"),
        pytest.param(
            whole_claim({"annotations": {keys.LEGACY_CLASS_ANNOTATION: "nfs"}}), True, id="by the legacy annotation"
        ),
    ],
)
def test_options_are_told_of_claims_in_nfs_classes_only(cluster: StillCluster, obj: Json, told: bool) -> None:
    assert (OPTIONS in fills(decide(cluster, obj))) is told


def test_the_class_of_the_namespaces_label_is_an_nfs_class_too(cluster_with: ClusterWith) -> None:
    assert OPTIONS in fills(decide(cluster_with(labels={keys.STORAGE_CLASS: "slow"}), authors_class("slow")))


@pytest.mark.parametrize(("present", "warned"), [("hard,noatime", False), ("soft", True)], ids=["same", "other"])
def test_options_that_are_told_already_stay(cluster: StillCluster, present: str, warned: bool) -> None:
    decision = decide(cluster, whole_claim({"annotations": {keys.EFFECTIVE_MOUNT_OPTIONS: present}}))
    assert OPTIONS not in fills(decision)
    assert any(keys.EFFECTIVE_MOUNT_OPTIONS in warning for warning in decision.warnings) is warned


def test_a_class_that_does_not_exist_draws_a_warning(cluster_with: ClusterWith) -> None:
    cluster = cluster_with(labels={keys.STORAGE_CLASS: "missing"})
    assert any("missing" in warning and "does not exist" in warning for warning in decide(cluster, claim()).warnings)
    assert decide(cluster_with(), claim()).warnings == ()


@pytest.mark.parametrize(
    "label",
    [
        pytest.param(keys.QUOTA, id="quota"),
        pytest.param(keys.MAX_CLAIMS, id="number of claims"),
        pytest.param(keys.DEFAULT_CLAIM, id="size"),
        pytest.param(keys.MIN_CLAIM, id="smallest size"),
        pytest.param(keys.MAX_CLAIM, id="largest size"),
        pytest.param(keys.PROFILE, id="profile"),
    ],
)
def test_a_label_that_cannot_be_read_draws_a_warning(cluster_with: ClusterWith, label: str) -> None:
    (warning,) = decide(cluster_with(labels={label: "lots"}), claim()).warnings
    assert warning.startswith(f"label {label}: 'lots' is ignored: it is no ")


def test_a_claim_without_a_name_yet_is_filled_in(cluster: StillCluster) -> None:
    obj = whole_claim({"name": None, "generateName": "data-"})
    assert fills(decide(cluster, obj))[CLASS] == "nfs"


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"spec": "x"}, id="spec"),
        pytest.param({"metadata": [1]}, id="metadata"),
        pytest.param({"metadata": {"annotations": "x"}}, id="annotations"),
        pytest.param({"metadata": {"annotations": {"a": 1}}}, id="an annotation"),
        pytest.param({"metadata": {"labels": {keys.INJECT: 1}}}, id="a label"),
        pytest.param({"spec": {"storageClassName": 7}}, id="class"),
        pytest.param({"spec": {"volumeName": {}}}, id="volume's name"),
        pytest.param({"spec": {"resources": []}}, id="resources"),
        pytest.param({"spec": {"resources": {"requests": "1Gi"}}}, id="requests"),
        pytest.param({"spec": {"accessModes": "ReadWriteMany"}}, id="access modes"),
        pytest.param({"metadata": {"managedFields": {}}, "spec": {"storageClassName": "fast"}}, id="managed fields"),
        pytest.param({"metadata": {"managedFields": [1]}, "spec": {"storageClassName": "fast"}}, id="a manager"),
        pytest.param({"metadata": {"annotations": {keys.MOUNT_OPTIONS: []}}}, id="requested options"),
    ],
)
def test_a_field_of_a_wrong_type_is_named(cluster: StillCluster, broken: dict[str, Any]) -> None:
    with pytest.raises(WrongShape):
        decide(cluster, {"kind": "PersistentVolumeClaim", **broken}, namespace="team-a")
