"""The refusing side: `deny` and `inlinePaths`, for both forms of an inline volume."""

from collections.abc import Callable

import pytest

from policy import keys
from policy.shapes import Json
from webhook.cluster import StillCluster
from webhook.decision import Decision

from .asking import decide
from .objects import EXPORT, claim, inline_csi, nfs, pod

ClusterWith = Callable[..., StillCluster]

FORMS = pytest.mark.parametrize("form", [nfs, inline_csi], ids=["nfs", "csi"])


def messages(decision: Decision) -> str:
    return "; ".join(denial.message for denial in decision.denials)


@FORMS
@pytest.mark.parametrize("path", [f"{EXPORT}/team-a", EXPORT, "/nfs", f"{EXPORT}/a/../b"])
def test_deny_refuses_whatever_lies_on_an_export_or_could_lead_there(
    cluster_with: ClusterWith, form: Callable[..., Json], path: str
) -> None:
    told = messages(decide(cluster_with(profile="deny"), pod(form(path)), "validate"))
    assert "volume v0" in told
    assert "profile deny" in told
    assert "StorageClass nfs" in told


@FORMS
@pytest.mark.parametrize("profile", ["deny", "fenced"])
def test_what_lies_elsewhere_is_nobodys_business(
    cluster_with: ClusterWith, form: Callable[..., Json], profile: str
) -> None:
    obj = pod(form("/nfs/data2"), form("/x", server="elsewhere"), {"emptyDir": {}})
    assert not decide(cluster_with(profile=profile), obj, "validate").denials


@FORMS
@pytest.mark.parametrize(
    "path", [f"{EXPORT}/team-a", f"{EXPORT}/team-a/x", f"{EXPORT}//team-a/./x", f"{EXPORT}/shared"]
)
def test_paths_that_the_profile_names_are_allowed(
    cluster_with: ClusterWith, form: Callable[..., Json], path: str
) -> None:
    assert not decide(cluster_with(profile="fenced"), pod(form(path)), "validate").denials


@FORMS
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(f"{EXPORT}/team-b", id="another namespace's"),
        pytest.param(f"{EXPORT}/team-a2", id="a name that begins the same"),
        pytest.param(EXPORT, id="the export itself"),
        pytest.param("/", id="above it"),
        pytest.param(f"{EXPORT}/team-a/../team-b", id="with .."),
    ],
)
def test_other_paths_on_the_export_are_refused_and_the_allowed_ones_named(
    cluster_with: ClusterWith, form: Callable[..., Json], path: str
) -> None:
    told = messages(decide(cluster_with(profile="fenced"), pod(form(path)), "validate"))
    assert f"{EXPORT}/team-a, {EXPORT}/shared" in told


def test_every_refused_volume_is_named(cluster_with: ClusterWith) -> None:
    told = messages(decide(cluster_with(profile="deny"), pod(nfs(), nfs()), "validate"))
    assert "volume v0" in told
    assert "volume v1" in told


def test_asking_to_be_left_alone_skips_no_refusal(cluster_with: ClusterWith) -> None:
    obj = pod(nfs(), meta={"labels": {keys.INJECT: keys.INJECT_DISABLED}})
    assert decide(cluster_with(profile="deny"), obj, "validate").denials


@pytest.mark.parametrize(
    "obj", [pytest.param(pod(nfs()), id="a profile that refuses nothing"), pytest.param(claim(), id="a claim")]
)
def test_all_else_is_allowed(cluster: StillCluster, obj: Json) -> None:
    assert not decide(cluster, obj, "validate").denials


def test_nothing_is_filled_in_on_this_side(cluster: StillCluster) -> None:
    assert not decide(cluster, pod(nfs()), "validate").fills


def test_a_namespace_that_is_not_opted_in_is_not_ruled(cluster_with: ClusterWith) -> None:
    assert not decide(cluster_with(profile="deny"), pod(nfs()), "validate", namespace="plain").denials
