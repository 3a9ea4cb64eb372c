"""A new claim before its namespace's quota and limits are in force: what waits, and what is refused right here."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from policy import keys
from policy.load import load_policy
from policy.quotas import claims_of, storage_of
from policy.shapes import Json
from webhook.answers import answer
from webhook.cluster import StillCluster

from .asking import decide
from .objects import TEAM, claim, ephemeral, pod, whole_claim

ClusterWith = Callable[..., StillCluster]

LEFT_ALONE = {keys.INJECT: keys.INJECT_DISABLED}
WITH_QUOTA = {keys.QUOTA: "10Gi", keys.MAX_CLAIMS: "5"}
IN_FORCE = frozenset({storage_of("nfs"), claims_of("nfs")})


def postponed(view: StillCluster, obj: Json) -> bool:
    decision = decide(view, obj)
    assert not decision.denials
    return bool(decision.postponements)


@pytest.fixture
def waiting(cluster_with: ClusterWith) -> StillCluster:
    """The namespace shall have a quota, and has none yet."""
    return cluster_with(labels=WITH_QUOTA, quotas={})


@pytest.mark.parametrize(
    ("obj", "waits"),
    [
        pytest.param(whole_claim(), True, id="of the namespace's class, filled in"),
        pytest.param(whole_claim(storageClassName="nfs"), True, id="of the namespace's class, written"),
        pytest.param(whole_claim({"annotations": {keys.LEGACY_CLASS_ANNOTATION: "nfs"}}), True, id="in the old way"),
        pytest.param(whole_claim(storageClassName="slow"), False, id="of a class that no quota counts"),
        pytest.param(
            whole_claim({"annotations": {keys.LEGACY_CLASS_ANNOTATION: "slow"}}), False, id="of such a class, old way"
        ),
        pytest.param(whole_claim(storageClassName=""), False, id="of no class for ever"),
        pytest.param(whole_claim(selector={}), True, id="without a class: it may get any later"),
        pytest.param(whole_claim({"labels": LEFT_ALONE}, storageClassName="nfs"), True, id="to be left alone"),
        pytest.param(whole_claim({"labels": LEFT_ALONE}), True, id="to be left alone, without a class"),
        pytest.param(whole_claim({"labels": LEFT_ALONE}, storageClassName="slow"), False, id="to be left alone, slow"),
        pytest.param(pod(ephemeral()), False, id="a template: its claim is reviewed when it is made"),
    ],
)
def test_what_the_quota_will_count_waits_for_it(waiting: StillCluster, obj: Json, waits: bool) -> None:
    assert postponed(waiting, obj) is waits


@pytest.mark.parametrize(
    ("limited", "waits"),
    [
        pytest.param(IN_FORCE, False, id="all of it"),
        pytest.param(IN_FORCE | {"pods"}, False, id="and more"),
        pytest.param({storage_of("nfs")}, True, id="only the storage"),
        pytest.param({storage_of("slow"), claims_of("slow")}, True, id="another class"),
        pytest.param(frozenset(), True, id="nothing"),
    ],
)
def test_a_quota_is_in_force_when_its_status_has_all_that_counts_the_claim(
    cluster_with: ClusterWith, limited: frozenset[str], waits: bool
) -> None:
    view = cluster_with(labels=WITH_QUOTA, quotas={TEAM: limited})
    assert postponed(view, whole_claim()) is waits


def test_a_class_that_comes_in_later_holds_up_its_own_claims_alone(cluster_with: ClusterWith) -> None:
    view = cluster_with(labels={**WITH_QUOTA, keys.STORAGE_CLASS: "slow"}, quotas={TEAM: {storage_of("nfs")}})
    assert not postponed(view, whole_claim(storageClassName="nfs"))
    assert postponed(view, whole_claim())


def test_a_class_that_only_another_profiles_quota_names_waits_as_well(cluster_with: ClusterWith) -> None:
    text = "profiles: [{name: default, storageClassName: nfs}, {name: gold, quota: {classes: {tape: 1Gi}}}]"
    policy = load_policy(text, "policy.yaml")
    view = cluster_with(labels=WITH_QUOTA, policy=policy, quotas={TEAM: IN_FORCE}, classes=None)
    assert postponed(view, whole_claim(storageClassName="tape"))
    assert not postponed(view, whole_claim(storageClassName="nfs"))


@pytest.mark.parametrize("labels", [{}, {keys.MAX_CLAIM: "5Gi"}], ids=["nothing limited", "only sizes limited"])
def test_where_there_is_to_be_no_quota_nothing_waits(cluster_with: ClusterWith, labels: dict[str, str]) -> None:
    assert not postponed(cluster_with(labels=labels, quotas={}), whole_claim())


def test_the_refusal_says_when_to_try_again_and_where_to_look_should_it_last(waiting: StillCluster) -> None:
    obj = whole_claim()
    given = answer("u1", obj, decide(waiting, obj))
    assert given.outcome == "postponed"
    assert not given.response["allowed"]
    assert "patch" not in given.response
    status = given.response["status"]
    assert (status["code"], status["reason"], status["details"]) == (429, "TooManyRequests", {"retryAfterSeconds": 1})
    for told in (f"ResourceQuota {keys.LIMITS}", TEAM, "try again", "controller"):
        assert told in status["message"]


@pytest.mark.parametrize("fields", [{"dryRun": True}, {}], ids=["a dry run", "the real thing"])
def test_a_dry_run_is_told_the_same(waiting: StillCluster, fields: Json) -> None:
    assert decide(waiting, whole_claim(), **fields).postponements


@pytest.mark.parametrize(
    ("size", "told"),
    [
        pytest.param("11Gi", "largest size in namespace team-a is 10Gi", id="too large"),
        pytest.param("10737418241", "largest", id="too large by a byte"),
        pytest.param("999Mi", "smallest size in namespace team-a is 1Gi", id="too small"),
        pytest.param("10Gi", None, id="the largest"),
        pytest.param("10240Mi", None, id="the largest, in other words"),
        pytest.param(2**30, None, id="the smallest, as a number"),
        pytest.param("lots", None, id="no size: the API server refuses it"),
        pytest.param("0", None, id="nothing: the API server refuses it"),
    ],
)
@pytest.mark.parametrize("labels", [{}, LEFT_ALONE], ids=["any claim", "one that asks to be left alone"])
def test_sizes_are_held_to_at_once(
    cluster_with: ClusterWith, size: object, told: str | None, labels: dict[str, str]
) -> None:
    view = cluster_with(labels={keys.MIN_CLAIM: "1Gi", keys.MAX_CLAIM: "10Gi"})
    obj = whole_claim({"labels": labels}, storageClassName="slow", resources={"requests": {"storage": size}})
    denials = decide(view, obj).denials
    assert [denial.label for denial in denials] == ([] if told is None else ["spec.resources.requests.storage"])
    assert all(told in denial.message for denial in denials if told)


@pytest.mark.parametrize("size", ["1Mi", "11Gi"], ids=["too small", "too large"])
@pytest.mark.parametrize(
    ("contact", "asked"),
    [
        pytest.param("storage@corp.example", "storage@corp.example", id="whom the policy names"),
        pytest.param(None, "those who run the cluster", id="nobody in particular"),
    ],
)
def test_who_is_refused_a_size_is_told_whom_to_ask(
    cluster_with: ClusterWith, size: str, contact: str | None, asked: str
) -> None:
    view = cluster_with(labels={keys.MIN_CLAIM: "1Gi", keys.MAX_CLAIM: "10Gi"})
    told = replace(view, policy=view.policy.model_copy(update={"contact": contact}))
    (denial,) = decide(told, whole_claim(resources={"requests": {"storage": size}})).denials
    assert denial.message.endswith(f"For another size, ask {asked}.")


def test_a_size_that_is_filled_in_fits(cluster_with: ClusterWith) -> None:
    view = cluster_with(labels={keys.MIN_CLAIM: "2Gi", keys.DEFAULT_CLAIM: "3Gi", keys.MAX_CLAIM: "3Gi"})
    assert decide(view, claim()).fills
    assert not decide(view, claim()).denials


def test_a_claim_that_is_too_large_need_not_come_again(cluster_with: ClusterWith) -> None:
    view = cluster_with(labels={**WITH_QUOTA, keys.MAX_CLAIM: "1Gi"}, quotas={})
    obj = whole_claim()
    assert answer("u1", obj, decide(view, obj)).outcome == "denied"


def test_where_the_policy_switches_limits_off_nothing_waits_and_all_sizes_fit(cluster_with: ClusterWith) -> None:
    on = cluster_with(labels={**WITH_QUOTA, keys.MAX_CLAIM: "1Gi"}, quotas={})
    off = cluster_with(
        labels={**WITH_QUOTA, keys.MAX_CLAIM: "1Gi"}, quotas={}, policy=on.policy.model_copy(update={"limits": False})
    )
    assert not postponed(off, whole_claim())
