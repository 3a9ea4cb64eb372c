"""The design's rows about Pods: claim templates, the label, the gate."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from policy import keys
from policy.errors import WrongShape
from policy.shapes import Json
from webhook.cluster import StillCluster

from .asking import decide, fills, result, rules, why_kept
from .objects import EXPORT, SERVER, ephemeral, inline_csi, nfs, pod

ClusterWith = Callable[..., StillCluster]

LABEL = f"metadata.labels[{keys.INLINE}]"
GATES = "spec.schedulingGates"
TEMPLATE = "spec.volumes[v0].ephemeral.volumeClaimTemplate."
MIRROR = {"annotations": {keys.MIRROR_POD: "hash"}}


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param(pod(nfs()), id="nfs"),
        pytest.param(pod(inline_csi()), id="as rewritten to csi"),
        pytest.param(pod({"emptyDir": {}}, nfs()), id="beside another volume"),
        pytest.param(pod(nfs(server="NFS.corp.example.")), id="by another name of the server"),
        pytest.param(pod(nfs(path=EXPORT)), id="the export itself"),
    ],
)
def test_a_pod_with_an_inline_volume_on_a_managed_export_is_marked_and_gated(cluster: StillCluster, obj: Json) -> None:
    patched = result(cluster, obj)
    assert patched["metadata"]["labels"] == {keys.INLINE: "true"}
    assert patched["spec"]["schedulingGates"] == [{"name": keys.DIRECTORY_GATE}]


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param(pod(), id="no volumes"),
        pytest.param(pod({"emptyDir": {}}), id="no NFS"),
        pytest.param(pod(nfs(server="elsewhere")), id="another server"),
        pytest.param(pod(nfs(path="/nfs/data2/x")), id="another path of the server"),
        pytest.param(pod(nfs(path=f"{EXPORT}/../x")), id="a path with .."),
        pytest.param(pod(nfs(path="/")), id="a path that contains the export"),
        pytest.param(pod({"persistentVolumeClaim": {"claimName": "c"}}), id="a claim"),
    ],
)
def test_other_pods_get_nothing(cluster: StillCluster, obj: Json) -> None:
    decision = decide(cluster, obj)
    assert decision.fills == ()
    assert decision.warnings == ()


def test_a_path_that_could_lead_to_an_export_is_left_alone_with_the_reason(cluster: StillCluster) -> None:
    assert "spec.volumes[v0]" in why_kept(decide(cluster, pod(nfs(path="/"))))


def test_a_pod_on_two_exports_waits_for_both(cluster: StillCluster) -> None:
    patched = result(cluster, pod(nfs(), nfs("/scratch/x", "10.0.0.6")))
    names = [gate["name"] for gate in patched["spec"]["schedulingGates"]]
    assert names == [keys.DIRECTORY_GATE, f"{keys.DIRECTORY_GATE}-main", f"{keys.DIRECTORY_GATE}-scratch"]


def waiting(*gates: str, filled: str = GATES) -> Json:
    """A Pod on two exports in a later pass: what an earlier one and other webhooks have left of its gates."""
    named = [{"name": each} for each in gates]
    return pod(nfs(), nfs("/scratch/x", "10.0.0.6"), meta={"annotations": {keys.FILLED: filled}}, schedulingGates=named)


@pytest.mark.parametrize(
    "present",
    [
        pytest.param([keys.DIRECTORY_GATE], id="its volume on the second export was added since"),
        pytest.param(["other", keys.DIRECTORY_GATE], id="beside another's gate"),
        pytest.param([keys.DIRECTORY_GATE, f"{keys.DIRECTORY_GATE}-main"], id="one of them is there"),
    ],
)
def test_a_gated_pod_waits_for_an_export_that_it_touches_since_the_first_pass(
    cluster: StillCluster, present: list[str]
) -> None:
    patched = result(cluster, waiting(*present))
    names = [gate["name"] for gate in patched["spec"]["schedulingGates"]]
    assert names[: len(present)] == present
    assert set(names) == {*present, *(f"{keys.DIRECTORY_GATE}{export}" for export in ("", "-main", "-scratch"))}
    assert patched["metadata"]["annotations"][keys.FILLED] == GATES


@pytest.mark.parametrize(
    "present",
    [
        pytest.param([], id="all"),
        pytest.param(["other"], id="ours"),
        pytest.param([f"{keys.DIRECTORY_GATE}-main"], id="the plain one"),
    ],
)
def test_gates_that_another_webhook_took_off_stay_off(cluster: StillCluster, present: list[str]) -> None:
    decision = decide(cluster, waiting(*present))
    assert list(fills(decision)) == [LABEL]
    assert "filled in before" in why_kept(decision)[GATES]


def test_gates_and_labels_that_are_there_stay(cluster: StillCluster) -> None:
    obj = pod(nfs(), meta={"labels": {"app": "web"}}, schedulingGates=[{"name": "other"}])
    patched = result(cluster, obj)
    assert patched["metadata"]["labels"] == {"app": "web", keys.INLINE: "true"}
    assert patched["spec"]["schedulingGates"] == [{"name": "other"}, {"name": keys.DIRECTORY_GATE}]


def test_a_gate_and_a_label_of_ours_that_are_there_are_not_added_again(cluster: StillCluster) -> None:
    gated = [{"name": keys.DIRECTORY_GATE}]
    decision = decide(cluster, pod(nfs(), meta={"labels": {keys.INLINE: "false"}}, schedulingGates=gated))
    assert decision.fills == ()
    assert {LABEL, GATES} <= set(why_kept(decision))


@pytest.mark.parametrize(
    ("obj", "why"),
    [
        pytest.param(pod(nfs(), nodeName="n1"), "nodeName is set", id="nodeName"),
        pytest.param(pod(nfs(), meta={"annotations": {keys.FILLED: GATES}}), "filled in before", id="lifted since"),
    ],
)
def test_a_pod_that_is_not_gated_is_still_marked(cluster: StillCluster, obj: Json, why: str) -> None:
    decision = decide(cluster, obj)
    assert list(fills(decision)) == [LABEL]
    assert why in why_kept(decision)[GATES]


def test_the_policy_can_do_without_gates(cluster: StillCluster) -> None:
    ungated = replace(cluster, policy=cluster.policy.model_copy(update={"scheduling_gate": False}))
    decision = decide(ungated, pod(nfs()))
    assert list(fills(decision)) == [LABEL]
    assert "schedulingGate: false" in why_kept(decision)[GATES]


def test_a_mirror_pod_is_marked_and_otherwise_left_alone(cluster_with: ClusterWith) -> None:
    decision = decide(cluster_with(profile="csi"), pod(nfs(), ephemeral(), meta=MIRROR))
    assert list(fills(decision)) == [LABEL]


def test_a_pod_that_asked_to_be_left_alone_is(cluster: StillCluster) -> None:
    obj = pod(nfs(), ephemeral(), meta={"labels": {keys.INJECT: keys.INJECT_DISABLED}})
    decision = decide(cluster, obj)
    assert decision.fills == ()
    assert why_kept(decision)[""] == f"label {keys.INJECT}: {keys.INJECT_DISABLED}"


def test_a_claim_template_gets_what_a_claim_gets(cluster: StillCluster) -> None:
    patched = result(cluster, pod(ephemeral()))
    template = patched["spec"]["volumes"][0]["ephemeral"]["volumeClaimTemplate"]
    assert template["spec"] == {
        "storageClassName": "nfs",
        "resources": {"requests": {"storage": "1Gi"}},
        "accessModes": ["ReadWriteMany"],
    }
    assert template["metadata"]["annotations"][keys.EFFECTIVE_MOUNT_OPTIONS] == "hard,noatime"


def test_what_was_filled_in_is_listed_on_the_template(cluster: StillCluster) -> None:
    patched = result(cluster, pod(ephemeral({"labels": {"a": "b"}}, resources={"requests": {"storage": "2Gi"}})))
    assert "annotations" not in patched["metadata"]
    meta = patched["spec"]["volumes"][0]["ephemeral"]["volumeClaimTemplate"]["metadata"]
    assert meta["annotations"][keys.FILLED] == "spec.storageClassName,spec.accessModes"
    assert meta["labels"] == {"a": "b"}


def test_the_rules_for_a_template_are_told_with_its_place(cluster: StillCluster) -> None:
    assert rules(decide(cluster, pod(ephemeral())))[f"{TEMPLATE}spec.storageClassName"] == "profile default"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        pytest.param({"storageClassName": "slow"}, "spec.storageClassName", id="class"),
        pytest.param({"storageClassName": "fast"}, "spec.storageClassName", id="the cluster's default class"),
        pytest.param({"storageClassName": ""}, "spec.storageClassName", id="no class"),
        pytest.param({"selector": {}}, "spec.storageClassName", id="selector"),
        pytest.param({"accessModes": ["ReadWriteOnce"]}, "spec.accessModes", id="access modes"),
        pytest.param({"resources": {"requests": {"storage": "2Gi"}}}, "spec.resources.requests.storage", id="size"),
    ],
)
def test_what_stands_in_a_template_stays(cluster: StillCluster, spec: Json, field: str) -> None:
    decision = decide(cluster, pod(ephemeral(None, **spec)))
    assert TEMPLATE + field not in fills(decision)
    assert TEMPLATE + field in why_kept(decision)


def test_every_template_of_a_pod_is_filled_in(cluster: StillCluster) -> None:
    patched = result(cluster, pod(ephemeral(), {"emptyDir": {}}, ephemeral(), nfs()))
    templates = [each["ephemeral"]["volumeClaimTemplate"] for each in patched["spec"]["volumes"] if "ephemeral" in each]
    assert [template["spec"]["storageClassName"] for template in templates] == ["nfs", "nfs"]
    assert patched["metadata"]["labels"] == {keys.INLINE: "true"}


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"volumes": {}}, id="volumes"),
        pytest.param({"volumes": ["x"]}, id="a volume"),
        pytest.param({"volumes": [{"name": "v", "nfs": "x"}]}, id="nfs"),
        pytest.param({"volumes": [{"name": "v", "nfs": {"server": 1, "path": "/x"}}]}, id="server"),
        pytest.param({"volumes": [{"name": "v", "nfs": {"server": SERVER, "path": []}}]}, id="path"),
        pytest.param({"volumes": [{"name": 1, **nfs()}]}, id="name"),
        pytest.param({"volumes": [{"name": "v", "csi": []}]}, id="csi"),
        pytest.param({"volumes": [{"name": "v", "ephemeral": []}]}, id="ephemeral"),
        pytest.param({"volumes": [{"name": "v", "ephemeral": {"volumeClaimTemplate": 1}}]}, id="template"),
        pytest.param({"volumes": [{"name": "v", **nfs()}], "nodeName": 1}, id="nodeName"),
        pytest.param({"volumes": [{"name": "v", **nfs()}], "schedulingGates": {}}, id="gates"),
        pytest.param({"volumes": [{"name": "v", **nfs()}], "schedulingGates": [1]}, id="a gate"),
    ],
)
def test_a_field_of_a_wrong_type_is_named(cluster: StillCluster, spec: Json) -> None:
    with pytest.raises(WrongShape):
        decide(cluster, {"kind": "Pod", "metadata": {"namespace": "team-a"}, "spec": spec})
