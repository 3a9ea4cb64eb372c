"""To which claims an archive's data can be given back."""

from typing import Any

import pytest

from controller.decisions.holding import HoldingUnclear
from controller.export.requests import Limit
from controller.restoring import CannotRestore, check_unused, group_of_pods, limit_to_restore, place_to_restore
from policy.exports import ManagedExports
from policy.load import load_policy
from policy.parameters import QuotaKind
from policy.shapes import Json

POLICY = load_policy(
    "exports: [{name: main, server: 10.0.0.5, path: /nfs/data}, {name: other, server: b, path: /b}]\n"
    "profiles: [{name: default}]",
    "policy",
)
EXPORTS = ManagedExports(POLICY.exports)
OURS = {"pv.kubernetes.io/provisioned-by": "nfs-steward.io/provisioner"}
THEIRS = {"pv.kubernetes.io/provisioned-by": "k8s-sigs.io/nfs-subdir-external-provisioner"}
TAKEN_OVER = {**OURS, "nfs-steward.io/adopted-from": "k8s-sigs.io/nfs-subdir-external-provisioner"}


def claim(phase: str = "Bound") -> Json:
    metadata = {"namespace": "team-a", "name": "data", "uid": "claim-1"}
    return {"metadata": metadata, "spec": {"volumeName": "pvc-1"}, "status": {"phase": phase}}


def volume(name: str = "pvc-1", path: str = "/nfs/data/there", **changes: Any) -> Json:
    metadata = {"name": name, "annotations": changes.pop("annotations", OURS)}
    bound_to = {"namespace": "team-a", "name": "data", "uid": changes.pop("claim_uid", "claim-1")}
    source = {"server": changes.pop("server", "10.0.0.5"), "path": path}
    return {
        "metadata": metadata,
        "spec": {"nfs": source, "claimRef": bound_to},
        "status": {"phase": changes.pop("phase", "Bound")},
    }


def place(*volumes: Json, of: Json | None = None) -> tuple[str, ...]:
    return place_to_restore(of or claim(), volumes, POLICY.exports[0], EXPORTS)


def test_the_data_goes_where_the_claim_s_volume_is() -> None:
    assert place(volume("other", "/nfs/data/elsewhere"), volume(path="/nfs/data/a/b")) == ("a", "b")


@pytest.mark.parametrize(
    ("marks", "gid"),
    [
        pytest.param({}, None, id="says none"),
        pytest.param({"pv.beta.kubernetes.io/gid": "100001"}, 100001, id="says one"),
        pytest.param({"pv.beta.kubernetes.io/gid": ""}, None, id="says that there is none"),
        pytest.param({"pv.beta.kubernetes.io/gid": "x"}, None, id="says what a kubelet passes over"),
    ],
)
def test_the_group_of_the_claim_s_pods_is_what_its_volume_says(marks: dict[str, str], gid: int | None) -> None:
    others = {"pv.beta.kubernetes.io/gid": "7"}
    volumes = (volume("other", annotations=OURS | others), volume(annotations=OURS | marks))
    assert group_of_pods(claim(), volumes) == gid


def test_a_volume_that_was_taken_over_counts_as_ours() -> None:
    assert place(volume(annotations=TAKEN_OVER)) == ("there",)


@pytest.mark.parametrize(
    ("marks", "limit"),
    [
        pytest.param({}, None, id="nothing holds it"),
        pytest.param({"nfs-steward.io/quota": "btrfs"}, Limit(QuotaKind.BTRFS, 2 << 30, "claim-1"), id="it is held"),
    ],
)
def test_the_data_is_held_to_what_the_claim_s_own_volume_says(marks: dict[str, str], limit: Limit | None) -> None:
    own = volume(annotations={**OURS, **marks})
    own["spec"]["capacity"] = {"storage": "2Gi"}

    assert limit_to_restore(claim(), (volume("other"), own)) == limit


def test_what_holds_a_volume_has_to_be_clear() -> None:
    with pytest.raises(HoldingUnclear, match="is 'zfs'"):
        limit_to_restore(claim(), (volume(annotations={**OURS, "nfs-steward.io/quota": "zfs"}),))


@pytest.mark.parametrize(
    ("volumes", "of", "why"),
    [
        pytest.param((), claim(), "is not bound", id="its volume is gone"),
        pytest.param((volume(),), claim("Pending"), "is not bound", id="not bound yet"),
        pytest.param((volume(claim_uid="claim-0"),), claim(), "is not bound", id="bound to an earlier claim"),
        pytest.param((volume(phase="Released"),), claim(), "is being deleted", id="on its way out"),
        pytest.param((volume(annotations={}),), claim(), "is a static one", id="somebody else's"),
        pytest.param((volume(annotations=THEIRS),), claim(), "take it over first", id="another provisioner's"),
        pytest.param((volume(server="b", path="/b/x"),), claim(), "not lie on export main", id="on another export"),
        pytest.param((volume(server="c"),), claim(), "does not lie on export main", id="elsewhere"),
        pytest.param((volume(path="/nfs/data"),), claim(), "does not lie on export main", id="the export itself"),
        pytest.param((volume(path="/nfs/data/../x"),), claim(), "does not lie on export main", id="an odd path"),
        pytest.param(
            (volume(), volume("other", "/nfs/data//there/")),
            claim(),
            "volume other has the same directory",
            id="shared",
        ),
    ],
)
def test_no_data_goes_where_it_could_be_somebody_else_s(volumes: tuple[Json, ...], of: Json, why: str) -> None:
    with pytest.raises(CannotRestore, match=why):
        place(*volumes, of=of)


def pod(phase: str = "Running", **volume: Any) -> Json:
    return {"metadata": {"name": "web"}, "spec": {"volumes": [{"name": "v", **volume}]}, "status": {"phase": phase}}


USES = {"persistentVolumeClaim": {"claimName": "data"}}


@pytest.mark.parametrize(
    ("using", "claim_name"),
    [
        pytest.param(pod(**USES), "data", id="runs"),
        pytest.param(pod("Pending", **USES), "data", id="is about to run"),
        pytest.param(pod(ephemeral={"volumeClaimTemplate": {}}), "web-v", id="has it as an ephemeral volume"),
    ],
)
def test_no_data_is_put_under_a_pod_that(using: Json, claim_name: str) -> None:
    with pytest.raises(CannotRestore, match=f"Pod web uses claim {claim_name}"):
        check_unused({"metadata": {"name": claim_name}}, [using])


def test_pods_that_have_ended_or_use_other_claims_are_in_nobody_s_way() -> None:
    other = pod(persistentVolumeClaim={"claimName": "other"})
    check_unused(claim(), [pod("Succeeded", **USES), pod("Failed", **USES), other, pod(emptyDir={})])
