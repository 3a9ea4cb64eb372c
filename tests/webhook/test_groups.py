"""The design's row about a Pod's groups."""

from dataclasses import replace

import pytest

from policy import keys
from policy.load import load_policy
from policy.shapes import Json
from webhook.cluster import StillCluster

from .asking import decide, result, why_kept
from .objects import ephemeral, nfs, pod

POLICY = """
gidRange: {from: 100000, to: 199999}
exports:
- {name: main, server: 10.0.0.5, path: /nfs/data}
- {name: fixed, server: 10.0.0.6, path: /scratch, directories: {gid: 7}}
profiles:
- name: default
- {name: csi, inlineVolumes: csi}
"""
GROUPS = "spec.securityContext.supplementalGroups"
GID = 100004
FIXED = nfs("/scratch/x", "10.0.0.6")


@pytest.fixture
def cluster(cluster: StillCluster) -> StillCluster:
    """One where the directories of an export get the namespace's own gid, and those of another do not."""
    return replace(cluster, policy=load_policy(POLICY, "policy.yaml"), gids={"team-a": GID})


@pytest.mark.parametrize(
    ("context", "groups"),
    [
        pytest.param({}, [GID], id="of no group"),
        pytest.param({"securityContext": None}, [GID], id="with no security context"),
        pytest.param({"securityContext": {"fsGroup": 5}}, [GID], id="with another security context"),
        pytest.param({"securityContext": {"supplementalGroups": []}}, [GID], id="with an empty list"),
        pytest.param({"securityContext": {"supplementalGroups": [5, 6]}}, [5, 6, GID], id="beside those it has"),
    ],
)
def test_a_pod_gets_the_group_of_its_namespace(cluster: StillCluster, context: Json, groups: list[int]) -> None:
    patched = result(cluster, pod(nfs(), FIXED, **context))

    assert patched["spec"]["securityContext"]["supplementalGroups"] == groups
    before = context.get("securityContext") or {}
    assert {**patched["spec"]["securityContext"], **before} == {
        **before,
        "supplementalGroups": before.get("supplementalGroups", groups),
    }
    assert GROUPS in patched["metadata"]["annotations"][keys.FILLED].split(",")


def test_a_second_pass_adds_nothing(cluster: StillCluster) -> None:
    patched = result(cluster, pod(nfs()))

    assert decide(cluster, patched).fills == ()


@pytest.mark.parametrize(
    ("obj", "why"),
    [
        pytest.param(pod(nfs(), securityContext={"supplementalGroups": [5, GID]}), "there already", id="it has it"),
        pytest.param(pod(nfs(), os={"name": "windows"}), "Windows", id="on Windows"),
        pytest.param(
            pod(nfs(), meta={"annotations": {keys.FILLED: GROUPS}}), "filled in before", id="another took it away"
        ),
    ],
)
def test_a_pod_that_gets_no_group_is_told_why(cluster: StillCluster, obj: Json, why: str) -> None:
    assert why in why_kept(decide(cluster, obj))[GROUPS]
    assert result(cluster, obj)["spec"].get("securityContext") == obj["spec"].get("securityContext")


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param(pod(FIXED), id="on an export with a gid of its own"),
        pytest.param(pod(nfs(server="elsewhere")), id="on no managed export"),
        pytest.param(pod({"persistentVolumeClaim": {"claimName": "c"}}), id="of a claim"),
        pytest.param(pod(ephemeral()), id="of an ephemeral claim"),
        pytest.param(pod(nfs(), meta={"annotations": {keys.MIRROR_POD: "x"}}), id="of a mirror Pod"),
        pytest.param(pod(nfs(), meta={"labels": {keys.INJECT: keys.INJECT_DISABLED}}), id="of one left alone"),
    ],
)
def test_other_volumes_need_no_group(cluster: StillCluster, obj: Json) -> None:
    assert "securityContext" not in result(cluster, obj)["spec"]


def test_a_gid_that_is_not_known_yet_holds_nothing_up_and_is_told(cluster: StillCluster) -> None:
    decision = decide(replace(cluster, gids={}), pod(nfs()))

    assert "securityContext" not in result(replace(cluster, gids={}), pod(nfs()))["spec"]
    assert [warning for warning in decision.warnings if "no gid of namespace team-a" in warning]
    assert "no gid of namespace team-a" in why_kept(decision)[GROUPS]


def test_a_pod_that_sees_to_its_directories_itself_is_not_gated_and_else_like_others(cluster: StillCluster) -> None:
    marked = {"annotations": {keys.DIRECTORY: keys.DIRECTORY_IGNORED}}

    patched = result(cluster, pod(nfs(), meta=marked))

    assert "schedulingGates" not in patched["spec"]
    assert patched["spec"]["securityContext"]["supplementalGroups"] == [GID]
    assert patched["metadata"]["labels"][keys.INLINE] == "true"
