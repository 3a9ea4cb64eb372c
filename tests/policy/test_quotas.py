"""What a quota and a LimitRange say for a namespace: never less than what was asked for, and no way round."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import keys
from policy.load import load_policy
from policy.model import Policy
from policy.profiles import NamespaceSettings, settings_for
from policy.quantity import parse_amount, parse_quantity
from policy.quotas import Counted, claim_limits, claims_of, counted, hard_limits, same_amounts, storage_of
from policy.shapes import Json

Build = Callable[..., NamespaceSettings]
OPTED_IN = {keys.INJECT: keys.INJECT_ENABLED}


def settings_of(policy: str, **labels: str) -> NamespaceSettings:
    """The settings of an opted-in namespace under a policy, given by its text."""
    marks = {f"{keys.GROUP}/{name.replace('_', '-')}": value for name, value in labels.items()}
    settings = settings_for(load_policy(policy, "policy.yaml"), "team-a", {**marks, **OPTED_IN})
    assert settings is not None
    return settings


def own_and_gold(quota: str = "{}", more: str = "") -> str:
    """A policy of two profiles, each with a class, of which the default one has this quota."""
    return (
        f"profiles: [{{name: default, storageClassName: nfs, quota: {quota}}}, "
        f"{{name: gold, storageClassName: nfs-gold}}]\n{more}"
    )


@pytest.mark.parametrize(
    ("quota", "labels", "hard"),
    [
        pytest.param("{}", {}, {}, id="no quota, no limit"),
        pytest.param(
            "{storage: 500Gi, claims: 50}",
            {},
            {storage_of("nfs"): "500Gi", claims_of("nfs"): "50", storage_of("nfs-gold"): "0"},
            id="own class as the profile says, others at nothing",
        ),
        pytest.param(
            "{storage: 500Gi, classes: {nfs-gold: 100Gi}}",
            {},
            {storage_of("nfs"): "500Gi", storage_of("nfs-gold"): "100Gi"},
            id="another class as the profile says",
        ),
        pytest.param(
            "{claims: 0}", {}, {claims_of("nfs"): "0", storage_of("nfs-gold"): "0"}, id="a number alone, of no claims"
        ),
        pytest.param(
            "{classes: {nfs-gold: 1Gi}}",
            {},
            {storage_of("nfs-gold"): "1Gi"},
            id="only other classes: the own one has no limit",
        ),
        pytest.param(
            "{classes: {nfs: 2Gi}}",
            {},
            {storage_of("nfs"): "2Gi", storage_of("nfs-gold"): "0"},
            id="the own class among the others",
        ),
        pytest.param(
            "{storage: 3Gi, classes: {nfs: 2Gi}}",
            {},
            {storage_of("nfs"): "3Gi", storage_of("nfs-gold"): "0"},
            id="the own class twice: what is said for it alone",
        ),
        pytest.param(
            "{storage: 1Gi, classes: {ceph: 5Gi}}",
            {},
            {storage_of("nfs"): "1Gi", storage_of("ceph"): "5Gi", storage_of("nfs-gold"): "0"},
            id="a class that no profile has as its own",
        ),
        pytest.param(
            "{storage: 1Gi, classes: {ceph: 0, nfs-gold: 0.0Gi}}",
            {},
            {storage_of("nfs"): "1Gi", storage_of("ceph"): "0", storage_of("nfs-gold"): "0"},
            id="nothing of a class, said in so many words",
        ),
        pytest.param(
            "{}",
            {"quota": "5Gi"},
            {storage_of("nfs"): "5Gi", storage_of("nfs-gold"): "0"},
            id="a label where the profile has none",
        ),
        pytest.param(
            "{storage: 1Gi}",
            {"quota": "5Gi", "max_claims": "7"},
            {storage_of("nfs"): "5Gi", claims_of("nfs"): "7", storage_of("nfs-gold"): "0"},
            id="labels instead of the profile",
        ),
        pytest.param(
            "{storage: 1Gi}",
            {"quota": "lots"},
            {storage_of("nfs"): "1Gi", storage_of("nfs-gold"): "0"},
            id="a label that cannot be read",
        ),
        pytest.param(
            "{storage: 1Gi}",
            {"storage_class": "nfs-gold"},
            {storage_of("nfs-gold"): "1Gi", storage_of("nfs"): "0"},
            id="another class by label: the profile's is then another one",
        ),
        pytest.param(
            "{storage: 1Gi}",
            {"storage_class": "fast"},
            {storage_of("fast"): "1Gi", storage_of("nfs"): "0", storage_of("nfs-gold"): "0"},
            id="a class that only the label names",
        ),
        pytest.param(
            "{storage: 0.5Ti}",
            {"max_claims": "0050"},
            {storage_of("nfs"): str(2**39), claims_of("nfs"): "50", storage_of("nfs-gold"): "0"},
            id="what Kubernetes would not take is rewritten",
        ),
    ],
)
def test_the_quota_says_what_labels_and_profile_say(quota: str, labels: dict[str, str], hard: dict[str, str]) -> None:
    assert hard_limits(settings_of(own_and_gold(quota), **labels)) == hard


def test_a_class_that_only_another_profiles_quota_names_is_no_way_round() -> None:
    policy = "profiles: [{name: default, storageClassName: nfs}, {name: gold, quota: {classes: {tape: 1Gi}}}]"
    assert hard_limits(settings_of(policy, quota="5Gi")) == {storage_of("nfs"): "5Gi", storage_of("tape"): "0"}
    assert hard_limits(settings_of(policy, profile="gold")) == {storage_of("nfs"): "0", storage_of("tape"): "1Gi"}


def test_without_a_class_of_its_own_a_namespace_still_gets_no_other_one() -> None:
    settings = settings_of("profiles: [{name: default}, {name: gold, storageClassName: nfs-gold}]", quota="5Gi")
    assert hard_limits(settings) == {storage_of("nfs-gold"): "0"}
    (warning,) = settings.warnings
    assert warning == (
        f"label {keys.QUOTA}: '5Gi' is for no class, since neither profile default nor a label names one: "
        "it only shuts out the other profiles' classes that quota.classes does not give"
    )


@pytest.mark.parametrize(
    ("labels", "limits"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"max_claim": "2Gi"}, {"max": {"storage": "2Gi"}}, id="largest"),
        pytest.param({"min_claim": "1Mi"}, {"min": {"storage": "1Mi"}}, id="smallest"),
        pytest.param(
            {"min_claim": "0.5Gi", "max_claim": "2Gi"},
            {"min": {"storage": str(2**29)}, "max": {"storage": "2Gi"}},
            id="both",
        ),
        pytest.param({"max_claim": "lots"}, None, id="one that cannot be read"),
    ],
)
def test_the_limit_range_has_the_smallest_and_the_largest_claim(labels: dict[str, str], limits: Json | None) -> None:
    expected = {"type": "PersistentVolumeClaim", **limits} if limits else None
    assert claim_limits(settings_of(own_and_gold(), **labels)) == expected


def test_nothing_is_limited_where_the_policy_switches_that_off() -> None:
    policy = own_and_gold("{storage: 1Gi}", "limits: false")
    settings = settings_of(policy, quota="5Gi", max_claims="7", min_claim="1Mi", max_claim="2Gi")
    assert (hard_limits(settings), claim_limits(settings)) == ({}, None)
    ignored = [warning.split(":")[0] for warning in settings.warnings]
    assert ignored == [f"label {key}" for key in (keys.QUOTA, keys.MAX_CLAIMS, keys.MIN_CLAIM, keys.MAX_CLAIM)]


def test_the_designs_namespaces_have_a_quota_and_a_limit_range(settings: NamespaceSettings) -> None:
    assert hard_limits(settings) == {
        storage_of("nfs"): "500Gi",
        claims_of("nfs"): "50",
        storage_of("nfs-gold"): "100Gi",
    }
    sizes = {"min": {"storage": "1Mi"}, "max": {"storage": "100Gi"}}
    assert claim_limits(settings) == {"type": "PersistentVolumeClaim", **sizes}


label_maps = st.dictionaries(
    st.sampled_from([keys.PROFILE, keys.STORAGE_CLASS, keys.QUOTA, keys.MAX_CLAIMS, keys.MIN_CLAIM, keys.MAX_CLAIM]),
    st.sampled_from(["", "1Gi", "5Mi", "0.3Ti", "1500m", "1GB", "gold", "bare", "lots", "0", "7", "nfs-gold", "A_b"]),
)


CLASSES = ("nfs", "nfs-gold", "ceph", "tape")
quotas = st.fixed_dictionaries(
    {},
    optional={
        "storage": st.just("3Gi"),
        "claims": st.just(5),
        "classes": st.dictionaries(st.sampled_from(CLASSES), st.just("2Gi")),
    },
)
profiles = st.fixed_dictionaries({}, optional={"storageClassName": st.sampled_from(CLASSES), "quota": quotas})


@given(st.tuples(profiles, profiles), label_maps)
def test_whatever_profiles_and_labels_say_no_class_that_a_profile_names_escapes_a_quota(
    of_profiles: tuple[Json, Json], labels: dict[str, str]
) -> None:
    default, gold = of_profiles
    policy = {"profiles": [{"name": "default", **default}, {"name": "gold", **gold}]}
    settings = settings_for(Policy.model_validate(policy), "team-a", {**labels, **OPTED_IN})
    assert settings is not None
    quota = (gold if labels.get(keys.PROFILE) == "gold" else default).get("quota", {})
    hard = hard_limits(settings)
    if not hard:
        assert settings.quota_storage is None or settings.storage_class is None
        return
    for name in set().union(*map(named_by, of_profiles)) - {settings.storage_class}:
        assert hard[storage_of(name)] == quota.get("classes", {}).get(name, "0")
    if settings.quota_storage and settings.storage_class:
        assert parse_amount(hard[storage_of(settings.storage_class)]) == parse_quantity(settings.quota_storage)


def named_by(profile: Json) -> set[str]:
    """The classes that a profile names, wherever it does."""
    own = {profile["storageClassName"]} if "storageClassName" in profile else set()
    return {*own, *profile.get("quota", {}).get("classes", {})}


@given(label_maps)
def test_all_that_is_written_can_be_read_back_as_whole_numbers(settings_with: Build, labels: dict[str, str]) -> None:
    settings = settings_with(labels)
    limits = claim_limits(settings) or {}
    sizes = [limits[bound]["storage"] for bound in ("min", "max") if bound in limits]
    for quantity in (*hard_limits(settings).values(), *sizes):
        assert "." not in quantity
        assert not quantity.endswith("m")
        assert parse_amount(quantity) >= 0


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param(storage_of("nfs"), Counted("nfs"), id="what claims of a class ask for"),
        pytest.param(claims_of("a.b"), Counted("a.b", claims=True), id="how many there are of a class"),
        pytest.param("requests.storage", None, id="of no class"),
        pytest.param("nfs.storageclass.storage.k8s.io/other", None, id="something else of a class"),
        pytest.param("pods", None, id="something else"),
    ],
)
def test_a_name_tells_what_is_counted(name: str, found: Counted | None) -> None:
    assert counted(name) == found


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("0.5Ti", "512Gi", True, id="an amount spelled otherwise"),
        pytest.param("1000", "1k", True, id="a count spelled otherwise"),
        pytest.param("0", "0Gi", True, id="nothing"),
        pytest.param("1Gi", "1G", False, id="another amount"),
        pytest.param("lots", "many", False, id="no amounts, and not the same"),
        pytest.param("lots", "lots", True, id="no amounts, and the same"),
        pytest.param({"a": "1Gi"}, {"a": "1024Mi"}, True, id="in a mapping"),
        pytest.param({"a": "1Gi"}, {"a": "1Gi", "b": "1"}, False, id="more in one"),
        pytest.param(["1k"], ["1000"], True, id="in a list"),
        pytest.param(["1k"], ["1000", "1"], False, id="a longer list"),
        pytest.param("1", 1, False, id="text and a number"),
        pytest.param(None, None, True, id="neither there"),
        pytest.param({}, None, False, id="one not there"),
    ],
)
def test_two_parts_of_an_object_say_the_same_however_amounts_are_spelled(one: Any, other: Any, same: bool) -> None:
    assert same_amounts(one, other) is same_amounts(other, one) is same
