"""Claims that use more than their size: what new Pods with them get, as the profile of their namespace says."""

from collections.abc import Callable

import pytest

from policy import keys
from policy.errors import WrongShape
from policy.shapes import Json
from webhook.cluster import StillCluster

from .asking import decide, fills, result, rules, why_kept
from .objects import ephemeral, nfs, pod, whole_claim

ClusterWith = Callable[..., StillCluster]

USED = "2Gi of 1Gi (200 %), 3 files"
READ_ONLY = "spec.volumes[v0].persistentVolumeClaim.readOnly"
LEFT_ALONE = {"labels": {keys.INJECT: keys.INJECT_DISABLED}}


def marked(name: str, used: str = USED) -> Json:
    """A claim that the controller found to be over its size."""
    marks = {"labels": {keys.OVER_QUOTA: keys.OVER_QUOTA_TRUE}, "annotations": {keys.USED: used}}
    obj = whole_claim(marks)
    obj["metadata"]["name"] = name
    return obj


def of_claim(name: str, **rest: bool) -> Json:
    """A Pod's volume that is a claim."""
    return {"persistentVolumeClaim": {"claimName": name, **rest}}


@pytest.fixture
def cluster_acting(cluster_with: ClusterWith) -> ClusterWith:
    """The cluster with a claim `full` that is over its size and one `small` that is not, and a profile to act on it."""

    def build(profile: str) -> StillCluster:
        return cluster_with(profile=profile, claims=(marked("full"), whole_claim({"name": "small"})))

    return build


@pytest.mark.parametrize(
    "volume",
    [pytest.param(of_claim("full"), id="not said"), pytest.param(of_claim("full", readOnly=False), id="said no")],
)
@pytest.mark.parametrize("meta", [None, LEFT_ALONE], ids=["any Pod", "one that asks to be left alone"])
def test_a_new_pod_gets_it_read_only_and_is_told_the_numbers(
    cluster_acting: ClusterWith, volume: Json, meta: Json | None
) -> None:
    view, obj = cluster_acting("readonly"), pod(volume, of_claim("small"), meta=meta)
    first, second = result(view, obj)["spec"]["volumes"]
    assert first["persistentVolumeClaim"] == {"claimName": "full", "readOnly": True}
    assert second == obj["spec"]["volumes"][1]
    decision = decide(view, obj)
    assert rules(decision) == {READ_ONLY: "overQuota of profile readonly"}
    (warning,) = decision.warnings
    assert "claim full" in warning
    assert USED in warning
    assert "read-only" in warning


def test_what_is_read_only_already_stays_as_it_is(cluster_acting: ClusterWith) -> None:
    decision = decide(cluster_acting("readonly"), pod(of_claim("full", readOnly=True)))
    assert not decision.fills
    assert not decision.warnings
    assert "already" in why_kept(decision)[READ_ONLY]


def test_a_second_pass_changes_nothing_more(cluster_acting: ClusterWith) -> None:
    view = cluster_acting("readonly")
    assert not decide(view, result(view, pod(of_claim("full"), nfs()))).fills


@pytest.mark.parametrize("meta", [None, LEFT_ALONE], ids=["any Pod", "one that asks to be left alone"])
def test_a_new_pod_is_refused_with_the_numbers_and_what_to_do(cluster_acting: ClusterWith, meta: Json | None) -> None:
    view, obj = cluster_acting("blocking"), pod(of_claim("small"), of_claim("full", readOnly=True), meta=meta)
    (denial,) = decide(view, obj, "validate").denials
    assert denial.label == "spec.volumes[v1]"
    for told in ("volume v1", "claim full", USED, "profile blocking", "delete", "larger"):
        assert told in denial.message
    assert not decide(view, obj).fills


def test_numbers_that_are_missing_are_not_made_up(cluster_with: ClusterWith) -> None:
    view = cluster_with(profile="blocking", claims=(marked("full", used=""),))
    (denial,) = decide(view, pod(of_claim("full")), "validate").denials
    assert "uses more than its size" in denial.message


@pytest.mark.parametrize(
    ("profile", "volume"),
    [
        pytest.param("default", of_claim("full"), id="a profile that warns"),
        pytest.param("readonly", of_claim("small"), id="read-only, a claim within its size"),
        pytest.param("readonly", of_claim("unknown"), id="read-only, a claim that nobody knows"),
        pytest.param("readonly", ephemeral(), id="read-only, a claim that is yet to be made"),
        pytest.param("blocking", of_claim("small"), id="blocking, a claim within its size"),
        pytest.param("blocking", of_claim("unknown"), id="blocking, a claim that nobody knows"),
        pytest.param("blocking", {"emptyDir": {}}, id="blocking, no claim"),
    ],
)
def test_other_pods_are_not_disturbed(cluster_acting: ClusterWith, profile: str, volume: Json) -> None:
    view, obj = cluster_acting(profile), pod(volume)
    assert READ_ONLY not in fills(decide(view, obj))
    assert not decide(view, obj, "validate").denials


def test_the_same_name_in_another_namespace_is_another_claim(cluster_with: ClusterWith) -> None:
    elsewhere = marked("full")
    elsewhere["metadata"]["namespace"] = "team-b"
    view = cluster_with(profile="blocking", claims=(elsewhere,))
    assert not decide(view, pod(of_claim("full")), "validate").denials


@pytest.mark.parametrize(("profile", "side"), [("readonly", "mutate"), ("blocking", "validate")])
def test_a_pod_of_a_wrong_shape_is_no_decision(cluster_acting: ClusterWith, profile: str, side: str) -> None:
    with pytest.raises(WrongShape):
        decide(cluster_acting(profile), pod({"persistentVolumeClaim": {"claimName": 1}}), side)  # type: ignore[arg-type]
