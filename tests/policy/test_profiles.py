"""What holds in a namespace: its profile, its labels over it, and never "no limit" by mistake."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import keys
from policy.load import load_policy
from policy.model import Policy
from policy.profiles import NamespaceSettings, choose_profile, settings_for
from policy.quantity import parse_quantity

Build = Callable[..., NamespaceSettings]
OPTED_IN = {keys.INJECT: keys.INJECT_ENABLED}


@pytest.mark.parametrize(
    ("labels", "name", "rule"),
    [
        pytest.param({}, "default", "no other profile chosen", id="neither label nor selector"),
        pytest.param({"tier": "gold"}, "gold", "its namespaceSelector", id="selector"),
        pytest.param({keys.PROFILE: "bare"}, "bare", f"label {keys.PROFILE}", id="label"),
        pytest.param({keys.PROFILE: "bare", "tier": "gold"}, "bare", f"label {keys.PROFILE}", id="label over selector"),
        pytest.param({keys.PROFILE: "silver", "tier": "gold"}, "gold", "its namespaceSelector", id="unknown, selector"),
        pytest.param({keys.PROFILE: ""}, "default", "no other profile chosen", id="empty label"),
    ],
)
def test_the_profile_is_the_labels_or_the_selectors_or_the_default(
    policy: Policy, labels: dict[str, str], name: str, rule: str
) -> None:
    chosen = choose_profile(policy, labels)
    assert (chosen.profile.name, chosen.rule) == (name, rule)


def test_of_several_matching_selectors_the_first_in_policy_order_wins() -> None:
    everything = "namespaceSelector: {matchExpressions: [{key: x, operator: DoesNotExist}]}"
    policy = load_policy(
        f"profiles: [{{name: default}}, {{name: one, {everything}}}, {{name: two, {everything}}}]", "policy.yaml"
    )
    assert choose_profile(policy, {}).profile.name == "one"


@pytest.mark.parametrize("labels", [{}, {keys.INJECT: "disabled"}, {keys.INJECT: "true"}, {keys.PROFILE: "gold"}])
def test_without_the_opt_in_nothing_holds(policy: Policy, labels: dict[str, str]) -> None:
    assert settings_for(policy, "team-a", labels) is None


@pytest.mark.parametrize("namespace", ["kube-system", "kube-node-lease"])
def test_the_clusters_own_namespaces_cannot_be_opted_in(policy: Policy, namespace: str) -> None:
    assert settings_for(policy, namespace, OPTED_IN) is None


def test_without_further_labels_the_profile_holds(settings: NamespaceSettings) -> None:
    assert settings.namespace == "team-a"
    assert (settings.storage_class, settings.storage_class_rule) == ("nfs", "profile default")
    assert (settings.claim_default, settings.default_size_rule) == ("1Gi", "profile default")
    assert (settings.claim_min, settings.claim_max) == ("1Mi", "100Gi")
    assert (settings.quota_storage, settings.max_claims) == ("500Gi", 50)
    assert settings.pod_security is None
    assert settings.nfs_classes == {"nfs", "nfs-gold"}
    assert settings.warnings == ()


def test_every_label_goes_over_the_profile(settings_with: Build) -> None:
    settings = settings_with(
        {
            keys.STORAGE_CLASS: "nfs-fast",
            keys.DEFAULT_CLAIM: "2Gi",
            keys.MIN_CLAIM: "1Gi",
            keys.MAX_CLAIM: "200Gi",
            keys.QUOTA: "1Ti",
            keys.MAX_CLAIMS: "0",
            keys.POD_SECURITY_ENFORCE: "restricted",
        }
    )
    assert (settings.storage_class, settings.storage_class_rule) == ("nfs-fast", f"label {keys.STORAGE_CLASS}")
    assert (settings.claim_default, settings.default_size_rule) == ("2Gi", f"label {keys.DEFAULT_CLAIM}")
    assert (settings.claim_min, settings.claim_max) == ("1Gi", "200Gi")
    assert (settings.quota_storage, settings.max_claims) == ("1Ti", 0)
    assert settings.pod_security == "restricted"
    assert settings.nfs_classes == {"nfs", "nfs-gold", "nfs-fast"}
    assert settings.warnings == ()


def test_a_bare_profile_sets_nothing(settings_with: Build) -> None:
    settings = settings_with({keys.PROFILE: "bare"})
    assert (settings.storage_class, settings.claim_default, settings.claim_max) == (None, None, None)
    assert (settings.quota_storage, settings.max_claims) == (None, None)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        pytest.param(
            keys.PROFILE, "silver", "is no profile of the policy, which has default, gold, bare", id="profile"
        ),
        pytest.param(keys.STORAGE_CLASS, "", "cannot be the name of a StorageClass", id="empty class"),
        pytest.param(keys.STORAGE_CLASS, "NFS_fast", "cannot be the name of a StorageClass", id="class"),
        pytest.param(keys.QUOTA, "lots", "is no quantity", id="quota"),
        pytest.param(keys.QUOTA, "0", "is zero", id="quota of nothing"),
        pytest.param(keys.MAX_CLAIMS, "many", "is no whole number", id="count as a word"),
        pytest.param(keys.MAX_CLAIMS, "-1", "is no whole number", id="negative count"),
        pytest.param(keys.MAX_CLAIMS, "9" * 63, "is no whole number", id="giant count"),
        pytest.param(keys.MAX_CLAIMS, "\u0665", "is no whole number", id="count in another script"),
        pytest.param(keys.DEFAULT_CLAIM, "1GB", "GB should be G", id="default size"),
        pytest.param(keys.MIN_CLAIM, "1e999999999", "more than 2^63-1", id="smallest size"),
        pytest.param(keys.MAX_CLAIM, "", "is no quantity", id="empty largest size"),
    ],
)
def test_a_label_that_cannot_be_read_counts_as_absent_with_a_warning(
    settings: NamespaceSettings, settings_with: Build, key: str, value: str, reason: str
) -> None:
    unread = settings_with({key: value})
    (warning,) = unread.warnings
    assert f"label {key}: '{value}"[:60] in warning
    assert reason in warning
    for name in NamespaceSettings.__slots__:
        if name != "unread":
            assert getattr(unread, name) == getattr(settings, name)


@pytest.mark.parametrize(
    ("labels", "sizes", "warned"),
    [
        pytest.param({keys.DEFAULT_CLAIM: "200Gi"}, ("1Mi", "1Gi", "100Gi"), ["200Gi"], id="default above the largest"),
        pytest.param({keys.DEFAULT_CLAIM: "1Ki"}, ("1Mi", "1Gi", "100Gi"), ["1Ki"], id="default below the smallest"),
        pytest.param({keys.MIN_CLAIM: "1Ti"}, ("1Mi", "1Gi", "100Gi"), ["1Ti"], id="smallest above the largest"),
        pytest.param({keys.MAX_CLAIM: "500Mi"}, ("1Mi", None, "500Mi"), ["1Gi"], id="largest below the default"),
        pytest.param({keys.MAX_CLAIM: "1Ki"}, (None, None, "1Ki"), ["1Mi", "1Gi"], id="largest below the smallest"),
        pytest.param({keys.MIN_CLAIM: "2Gi"}, ("2Gi", None, "100Gi"), ["1Gi"], id="smallest above the default"),
        pytest.param(
            {keys.MAX_CLAIM: "500Mi", keys.DEFAULT_CLAIM: "100Mi"}, ("1Mi", "100Mi", "500Mi"), [], id="two that agree"
        ),
    ],
)
def test_sizes_that_contradict_each_other_never_lift_the_limit(
    settings_with: Build, labels: dict[str, str], sizes: tuple[str | None, ...], warned: list[str]
) -> None:
    settings = settings_with(labels)
    assert (settings.claim_min, settings.claim_default, settings.claim_max) == sizes
    assert len(settings.warnings) == len(warned)
    for size, warning in zip(warned, settings.warnings, strict=True):
        assert f"{size} is ignored" in warning


def test_settings_of_many_namespaces_share_what_comes_from_the_profile(settings_with: Build) -> None:
    one, other = settings_with(), settings_with(other="label")
    classes = ("storage_class", "nfs_classes", "limited_classes")
    for name in ("profile", *classes, "storage_class_rule", "claim_max", "warnings"):
        assert getattr(one, name) is getattr(other, name)


label_values = st.sampled_from(["", "1Gi", "5Mi", "2Ti", "1GB", "gold", "lots", "0", "7", "nfs-fast", "-", "A_b"])
label_maps = st.dictionaries(
    st.sampled_from(
        [
            keys.PROFILE,
            keys.STORAGE_CLASS,
            keys.QUOTA,
            keys.MAX_CLAIMS,
            keys.DEFAULT_CLAIM,
            keys.MIN_CLAIM,
            keys.MAX_CLAIM,
        ]
    ),
    label_values,
)


@given(label_maps)
def test_whatever_the_labels_say_limits_hold_and_sizes_are_in_order(policy: Policy, labels: dict[str, str]) -> None:
    settings = settings_for(policy, "team-a", {**labels, **OPTED_IN})
    assert settings is not None
    limits = settings.profile.claim
    if limits and limits.max:
        assert settings.claim_max
    if settings.profile.quota:
        assert settings.quota_storage
        assert settings.max_claims is not None
    sizes = [parse_quantity(size) for size in (settings.claim_min, settings.claim_default, settings.claim_max) if size]
    assert sizes == sorted(sizes)
