"""Whatever an author writes: a second pass does nothing more, and not a byte of what was written changes."""

import copy
import json
from dataclasses import replace
from typing import Any

import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy import keys
from policy.errors import WrongShape
from policy.load import load_policy
from policy.shapes import Json
from tests.authorship import written
from webhook.cluster import StillCluster
from webhook.patch import patch_for
from webhook.reviews import Side, evaluate

from .asking import decide
from .conftest import POLICY
from .objects import EXPORT, OPTED_IN, SERVER, TEAM, claim

FULL = claim({"name": "full", "labels": {keys.OVER_QUOTA: keys.OVER_QUOTA_TRUE}})
CLUSTER = StillCluster(load_policy(POLICY, "policy.yaml"), {TEAM: OPTED_IN}, cluster_default="fast", claims=(FULL,))


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """Objects with any of these fields; a field may be null."""
    return st.fixed_dictionaries({}, optional={name: st.none() | values for name, values in fields.items()})


words = st.text(st.characters(codec="utf-8"), max_size=8)
options = st.sampled_from(["", "hard", "rsize=65536", "suid", "soft,nonsense", "nfsvers=3", ",,"])
annotations = st.dictionaries(words, words, max_size=2).flatmap(
    lambda others: optional(
        **{
            keys.MOUNT_OPTIONS: options,
            keys.EFFECTIVE_MOUNT_OPTIONS: options,
            keys.LEGACY_CLASS_ANNOTATION: st.just("legacy"),
            keys.LEGACY_MOUNT_OPTIONS_ANNOTATION: options,
            keys.FILLED: st.sampled_from(["", "spec.storageClassName", "spec.accessModes,x", "spec.schedulingGates"]),
        }
    ).map(lambda ours: {**others, **{key: value for key, value in ours.items() if value is not None}})
)
labels = st.dictionaries(words, words, max_size=2) | st.just({keys.INLINE: "x"}) | st.just({keys.INJECT: "disabled"})
records = st.lists(
    st.sampled_from([written("spec.storageClassName"), written("spec.resources", "metadata.labels")]), max_size=2
)
metadata = optional(name=words, labels=labels, annotations=annotations, managedFields=records)
claim_spec = optional(
    storageClassName=st.sampled_from(["", "fast", "nfs", "other"]),
    accessModes=st.lists(st.sampled_from(["ReadWriteOnce", "ReadOnlyMany"]), max_size=2),
    resources=optional(requests=optional(storage=st.sampled_from(["1Gi", "7"]), cpu=st.just("1"))),
    volumeName=st.sampled_from(["", "pv", "gone"]),
    selector=st.just({"matchLabels": {"a": "b"}}),
    dataSource=st.just({"kind": "VolumeSnapshot", "name": "s"}),
    dataSourceRef=st.just({"kind": "VolumeSnapshot", "name": "s"}),
    volumeMode=st.sampled_from(["Filesystem", "Block"]),
)
servers = st.sampled_from([SERVER, "nfs.corp.example", "10.0.0.6", "elsewhere"])
paths = st.sampled_from(["/", "/nfs", EXPORT, f"{EXPORT}/a", f"{EXPORT}/{TEAM}/x", f"{EXPORT}/../x", "/scratch/x"])
nfs_source = st.fixed_dictionaries({"server": servers, "path": paths}, optional={"readOnly": st.booleans()})
csi_source = st.fixed_dictionaries(
    {"driver": st.sampled_from([keys.NFS_CSI_DRIVER, "other"])},
    optional={"volumeAttributes": st.fixed_dictionaries({"server": servers, "share": paths})},
)
template = st.fixed_dictionaries({"volumeClaimTemplate": optional(metadata=metadata, spec=claim_spec)})
claim_source = st.fixed_dictionaries(
    {"claimName": st.sampled_from(["full", "small", ""])}, optional={"readOnly": st.none() | st.booleans()}
)
pod_volume = st.one_of(
    st.fixed_dictionaries({"persistentVolumeClaim": claim_source}),
    st.fixed_dictionaries({"nfs": nfs_source}),
    st.fixed_dictionaries({"csi": csi_source}),
    st.fixed_dictionaries({"ephemeral": template}),
    st.just({"emptyDir": {}}),
)
GATES = ["other", keys.DIRECTORY_GATE, f"{keys.DIRECTORY_GATE}-main"]
pod_spec = optional(
    volumes=st.lists(pod_volume, max_size=3).map(
        lambda volumes: [{"name": f"v{index}", **volume} for index, volume in enumerate(volumes)]
    ),
    nodeName=st.sampled_from(["", "n1"]),
    schedulingGates=st.lists(st.sampled_from(GATES), max_size=3, unique=True).map(
        lambda names: [{"name": name} for name in names]
    ),
)
volume_spec = st.fixed_dictionaries(
    {"claimRef": st.just({"namespace": TEAM, "name": "data"})},
    optional={"nfs": nfs_source, "csi": csi_source, "mountOptions": st.none() | st.lists(options, max_size=2)},
)

claims = optional(metadata=metadata, spec=claim_spec).map(lambda obj: {"kind": "PersistentVolumeClaim", **obj})
volumes = optional(metadata=metadata, spec=volume_spec).map(lambda obj: {"kind": "PersistentVolume", **obj})
pods = optional(metadata=metadata, spec=pod_spec).map(lambda obj: {"kind": "Pod", **obj})
objects = st.one_of(claims, volumes, pods)
profiles = st.sampled_from(["default", "bare", "csi", "readonly"])


def view(profile: str) -> StillCluster:
    return replace(CLUSTER, namespaces={TEAM: {**OPTED_IN, keys.PROFILE: profile}})


def patch(profile: str, obj: Json) -> list[Any]:
    return list(patch_for(obj, decide(view(profile), obj, namespace=TEAM)))


def leaves(value: Any, *path: str) -> dict[tuple[str, ...], Any]:
    """Every value in an object that is no object or list itself, by its path; empty ones and null say nothing."""
    if isinstance(value, dict):
        return {place: leaf for key, each in value.items() for place, leaf in leaves(each, *path, key).items()}
    if isinstance(value, list):
        return {
            place: leaf for index, each in enumerate(value) for place, leaf in leaves(each, *path, str(index)).items()
        }
    return {} if value is None else {path: value}


def may_change(profile: str, path: tuple[str, ...], value: Any) -> bool:
    """What the design lets us replace: the cluster's default class, our own list, an inline volume under `csi`, and
    that a claim may be written to under `readOnly`.
    """
    if path == ("spec", "storageClassName"):
        return bool(value == "fast")
    if path[-1] == keys.FILLED:
        return True
    if profile == "readonly" and path[-2:] == ("persistentVolumeClaim", "readOnly"):
        return bool(value is False)
    return profile == "csi" and path[:2] == ("spec", "volumes") and path[3:4] == ("nfs",)


@settings(max_examples=300)
@given(profile=profiles, obj=objects)
def test_a_second_pass_changes_nothing(profile: str, obj: Json) -> None:
    once = jsonpatch.apply_patch(obj, patch(profile, obj))
    assert patch(profile, once) == []


@settings(max_examples=300)
@given(profile=profiles, obj=objects)
def test_what_the_author_wrote_is_the_same_afterwards(profile: str, obj: Json) -> None:
    before, after = leaves(obj), leaves(jsonpatch.apply_patch(obj, patch(profile, obj)))
    for path, value in before.items():
        if not may_change(profile, path, value):
            assert json.dumps(after[path]) == json.dumps(value), path


@settings(max_examples=300)
@given(profile=profiles, obj=objects)
def test_no_operation_touches_more_than_it_must(profile: str, obj: Json) -> None:
    state = copy.deepcopy(obj)
    for operation in patch(profile, obj):
        before = leaves(state)
        state = jsonpatch.apply_patch(state, [operation])
        lost = {path for path in before if path not in leaves(state)}
        assert operation["op"] == "remove" or not lost, operation
        assert state != before


@given(profile=profiles, obj=objects)
def test_asking_changes_nothing_in_the_object(profile: str, obj: Json) -> None:
    before = copy.deepcopy(obj)
    patch(profile, obj)
    assert obj == before


@given(obj=claims)
def test_a_class_that_its_author_wrote_always_stays(obj: Json) -> None:
    obj = {**obj, "metadata": {**(obj.get("metadata") or {}), "managedFields": [written("spec.storageClassName")]}}
    named = (obj.get("spec") or {}).get("storageClassName")
    patched = jsonpatch.apply_patch(obj, patch("default", obj))
    if named is not None:
        assert patched["spec"]["storageClassName"] == named


@pytest.mark.parametrize("side", ["mutate", "validate"])
@given(
    obj=st.recursive(
        st.none() | st.booleans() | st.integers() | words,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["metadata", "spec", "volumes", "nfs", "server", "labels", "annotations", "ephemeral"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
    kind=st.sampled_from(["Pod", "PersistentVolumeClaim", "PersistentVolume"]),
)
def test_nonsense_is_answered_or_named_as_such(side: Side, obj: Any, kind: str) -> None:
    request = {"operation": "CREATE", "kind": {"group": "", "kind": kind}, "namespace": TEAM, "object": obj}
    try:
        decision = evaluate(request, CLUSTER, side)
        patch_for(obj, decision)
    except WrongShape:
        pass
