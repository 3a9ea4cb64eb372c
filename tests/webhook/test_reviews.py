"""Which objects are looked at, and why others are not."""

from typing import Any

import pytest

from policy.errors import WrongShape
from webhook.cluster import StillCluster
from webhook.decision import Decision
from webhook.reviews import Side, evaluate

from .asking import why_kept
from .objects import claim, nfs, pod, request, volume


def gvk(kind: str, group: str = "", version: str = "v1") -> dict[str, str]:
    return {"group": group, "version": version, "kind": kind}


@pytest.mark.parametrize("side", ["mutate", "validate"])
@pytest.mark.parametrize(
    ("fields", "why"),
    [
        pytest.param({"operation": "UPDATE"}, "only CREATE", id="update"),
        pytest.param({"operation": "DELETE", "obj": None}, "only CREATE", id="delete"),
        pytest.param({"operation": "CONNECT"}, "only CREATE", id="connect"),
        pytest.param({"subResource": "binding"}, "subresource binding", id="a subresource"),
        pytest.param({"kind": gvk("Deployment", "apps")}, "Deployment is not looked at", id="an unknown kind"),
        pytest.param({"kind": gvk("Pod", "other.example")}, "Pod is not looked at", id="a kind of another group"),
        pytest.param({"namespace": "plain"}, "plain is not opted in", id="a namespace that is not opted in"),
        pytest.param({"namespace": "kube-system"}, "not opted in", id="the cluster's own namespace, opted in or not"),
        pytest.param({"namespace": "gone"}, "not opted in", id="a namespace that does not exist"),
        pytest.param({"namespace": ""}, "no namespace", id="no namespace"),
    ],
)
def test_what_is_not_looked_at_is_allowed_with_the_reason(
    cluster: StillCluster, side: Side, fields: dict[str, Any], why: str
) -> None:
    obj = fields.pop("obj", pod(nfs()))
    decision = evaluate({**request(obj), **fields}, cluster, side)
    assert decision == Decision(kept=decision.kept)
    assert why in why_kept(decision)[""]


def test_the_namespace_is_the_requests_not_the_objects(cluster: StillCluster) -> None:
    obj = claim({"namespace": None})
    assert evaluate(request(obj, namespace="team-a"), cluster, "mutate").fills


def test_the_profile_is_told(cluster: StillCluster) -> None:
    assert evaluate(request(claim()), cluster, "mutate").profile == "default"


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"object": None}, id="object is null"),
        pytest.param({"object": []}, id="object is a list"),
        pytest.param({"operation": 1}, id="operation"),
        pytest.param({"subResource": []}, id="subresource"),
        pytest.param({"kind": "Pod"}, id="kind"),
        pytest.param({"kind": {"kind": 1}}, id="kind's kind"),
        pytest.param({"kind": {"kind": "Pod", "group": {}}}, id="kind's group"),
        pytest.param({"namespace": {}}, id="namespace"),
    ],
)
def test_a_request_of_a_wrong_shape_is_no_decision(cluster: StillCluster, fields: dict[str, Any]) -> None:
    with pytest.raises(WrongShape):
        evaluate({**request(pod(nfs())), **fields}, cluster, "mutate")


@pytest.mark.parametrize("claim_ref", ["x", {"namespace": 1}], ids=["reference", "namespace"])
def test_a_volume_of_a_wrong_shape_is_no_decision(cluster: StillCluster, claim_ref: Any) -> None:
    with pytest.raises(WrongShape):
        evaluate(request(volume(claimRef=claim_ref)), cluster, "mutate")


def test_deciding_changes_nothing_in_the_request(cluster: StillCluster) -> None:
    asked = request(pod(nfs()))
    before = repr(asked)
    evaluate(asked, cluster, "mutate")
    assert repr(asked) == before
