"""A claim's class: filled in where its author left it out, and never where somebody chose it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import keys
from policy.choices import Fill, Keep
from policy.claims import (
    ClassFacts,
    NamedVolume,
    VolumeFound,
    VolumeMissing,
    VolumeUnknown,
    class_choice,
    requested_options,
)
from policy.errors import WrongShape
from policy.model import Policy
from policy.profiles import NamespaceSettings
from policy.shapes import Json

Build = Callable[..., NamespaceSettings]
Entry = Callable[..., Json]
NO_DEFAULT = ClassFacts(cluster_default=None)
DEFAULT_IS_FAST = ClassFacts(cluster_default="fast")


def named(volume: NamedVolume, cluster_default: str | None = "fast") -> ClassFacts:
    return ClassFacts(cluster_default, volume)


@pytest.mark.parametrize("facts", [NO_DEFAULT, DEFAULT_IS_FAST], ids=["without a default", "beside a default"])
def test_a_claim_without_a_class_gets_the_profiles(claim: Json, settings: NamespaceSettings, facts: ClassFacts) -> None:
    assert class_choice(claim, settings, facts) == Fill("nfs", "profile default")


def test_the_namespaces_label_goes_over_the_profile(claim: Json, settings_with: Build) -> None:
    settings = settings_with({keys.STORAGE_CLASS: "nfs-fast"})
    assert class_choice(claim, settings, NO_DEFAULT) == Fill("nfs-fast", f"label {keys.STORAGE_CLASS}")


def test_the_clusters_default_that_the_author_did_not_write_is_replaced(
    claim: Json, settings: NamespaceSettings
) -> None:
    claim["spec"]["storageClassName"] = "fast"
    assert class_choice(claim, settings, DEFAULT_IS_FAST) == Fill("nfs", "profile default")


def test_the_clusters_default_that_the_author_wrote_stays(
    claim: Json, settings: NamespaceSettings, author_writes: Entry
) -> None:
    claim["spec"]["storageClassName"] = "fast"
    claim["metadata"]["managedFields"] = [author_writes("spec.storageClassName")]
    assert class_choice(claim, settings, DEFAULT_IS_FAST) == Keep("its author named the class")


def test_without_any_record_a_class_counts_as_its_authors(claim: Json, settings: NamespaceSettings) -> None:
    claim["spec"]["storageClassName"] = "fast"
    del claim["metadata"]["managedFields"]
    assert class_choice(claim, settings, DEFAULT_IS_FAST) == Keep("its author named the class")


@pytest.mark.parametrize("facts", [NO_DEFAULT, DEFAULT_IS_FAST])
def test_a_class_that_is_neither_the_authors_nor_the_default_is_another_webhooks(
    claim: Json, settings: NamespaceSettings, facts: ClassFacts
) -> None:
    claim["spec"]["storageClassName"] = "foreign"
    assert class_choice(claim, settings, facts) == Keep("another webhook named the class")


@pytest.mark.parametrize(
    ("metadata", "spec", "why"),
    [
        pytest.param({}, {"storageClassName": ""}, "its author asked for no class", id="empty class"),
        pytest.param({}, {"selector": {}}, "a selector or data source", id="selector"),
        pytest.param({}, {"dataSource": {"kind": "VolumeSnapshot"}}, "a selector or data source", id="data source"),
        pytest.param({}, {"dataSourceRef": {"kind": "X"}}, "a selector or data source", id="data source reference"),
        pytest.param(
            {"annotations": {keys.LEGACY_CLASS_ANNOTATION: "slow"}}, {}, "names a class", id="legacy annotation"
        ),
        pytest.param({"annotations": {keys.LEGACY_CLASS_ANNOTATION: ""}}, {}, "names a class", id="legacy, empty"),
        pytest.param({"labels": {keys.INJECT: keys.INJECT_DISABLED}}, {}, keys.INJECT, id="opted out"),
        pytest.param({"annotations": {keys.FILLED: "spec.storageClassName"}}, {}, "before", id="filled before"),
        pytest.param(
            {"annotations": {keys.FILLED: "spec.accessModes,spec.storageClassName"}},
            {},
            "before",
            id="filled among others",
        ),
    ],
)
@pytest.mark.parametrize("current", [None, "fast"], ids=["no class", "the default class"])
def test_a_claim_is_left_alone(
    claim: Json, settings: NamespaceSettings, metadata: Json, spec: Json, why: str, current: str | None
) -> None:
    claim["metadata"].update(metadata)
    claim["spec"].update({"storageClassName": current, **spec})
    choice = class_choice(claim, settings, DEFAULT_IS_FAST)
    assert isinstance(choice, Keep)
    assert why in choice.why
    assert not choice.warn


@pytest.mark.parametrize("field", ["selector", "dataSource", "dataSourceRef", "storageClassName", "volumeName"])
def test_null_is_as_good_as_absent(claim: Json, settings: NamespaceSettings, field: str) -> None:
    claim["spec"][field] = None
    assert class_choice(claim, settings, NO_DEFAULT) == Fill("nfs", "profile default")


def test_another_field_that_was_filled_in_does_not_stop_the_class(claim: Json, settings: NamespaceSettings) -> None:
    claim["metadata"]["annotations"] = {keys.FILLED: "spec.accessModes"}
    assert class_choice(claim, settings, NO_DEFAULT) == Fill("nfs", "profile default")


def test_a_profile_without_a_class_fills_in_none(claim: Json, settings_with: Build) -> None:
    settings = settings_with({keys.PROFILE: "bare"})
    assert class_choice(claim, settings, NO_DEFAULT) == Keep("profile bare names no class")


def test_a_default_that_is_the_profiles_class_anyway_stays(claim: Json, settings: NamespaceSettings) -> None:
    claim["spec"]["storageClassName"] = "nfs"
    assert class_choice(claim, settings, ClassFacts("nfs")) == Keep("it has this class already")


@pytest.mark.parametrize("current", [None, "fast"], ids=["no class", "the default class"])
@pytest.mark.parametrize("volumes_class", ["", "slow"])
def test_a_claim_that_names_a_volume_gets_the_volumes_class(
    claim: Json, settings: NamespaceSettings, current: str | None, volumes_class: str
) -> None:
    claim["spec"].update(volumeName="pv-1", storageClassName=current)
    assert class_choice(claim, settings, named(VolumeFound(volumes_class))) == Fill(
        volumes_class, "class of volume pv-1"
    )


@pytest.mark.parametrize(
    ("volume", "why"),
    [
        pytest.param(VolumeMissing(), "there is no volume pv-1", id="missing"),
        pytest.param(VolumeUnknown(), "volume pv-1 could not be looked up", id="unknown"),
    ],
)
def test_a_named_volume_that_cannot_be_seen_draws_a_warning(
    claim: Json, settings: NamespaceSettings, volume: NamedVolume, why: str
) -> None:
    claim["spec"]["volumeName"] = "pv-1"
    choice = class_choice(claim, settings, named(volume))
    assert isinstance(choice, Keep)
    assert why in choice.why
    assert choice.warn


def test_a_class_that_the_author_wrote_beside_a_volume_stays(
    claim: Json, settings: NamespaceSettings, author_writes: Entry
) -> None:
    claim["spec"].update(volumeName="pv-1", storageClassName="fast")
    claim["metadata"]["managedFields"] = [author_writes("spec.storageClassName")]
    assert class_choice(claim, settings, named(VolumeFound("slow"))) == Keep("its author named the class")


def test_the_template_of_an_ephemeral_volume_is_its_authors_throughout(settings: NamespaceSettings) -> None:
    template: Json = {"spec": {"resources": {"requests": {"storage": "1Gi"}}}}
    assert class_choice(template, settings, DEFAULT_IS_FAST) == Fill("nfs", "profile default")
    template["spec"]["storageClassName"] = "fast"
    assert class_choice(template, settings, DEFAULT_IS_FAST) == Keep("its author named the class")


@pytest.mark.parametrize(
    ("metadata", "spec"),
    [
        pytest.param({}, {"storageClassName": 3}, id="class"),
        pytest.param({}, {"volumeName": ["pv"]}, id="volume"),
        pytest.param({"annotations": {keys.FILLED: True}}, {}, id="annotation"),
        pytest.param({"labels": "x"}, {}, id="labels"),
    ],
)
def test_a_malformed_claim_is_named(claim: Json, settings: NamespaceSettings, metadata: Json, spec: Json) -> None:
    claim["metadata"].update(metadata)
    claim["spec"].update(spec)
    with pytest.raises(WrongShape):
        class_choice(claim, settings, NO_DEFAULT)


@given(
    spec=st.fixed_dictionaries(
        {},
        optional={
            "storageClassName": st.sampled_from([None, "", "fast", "nfs", "foreign"]),
            "volumeName": st.sampled_from([None, "", "pv-1"]),
            "selector": st.sampled_from([None, {}, {"matchLabels": {"a": "b"}}]),
        },
    ),
    author=st.booleans(),
    default=st.sampled_from([None, "fast", "nfs"]),
    volume=st.sampled_from([VolumeFound(""), VolumeFound("slow"), VolumeMissing(), VolumeUnknown()]),
)
def test_what_the_author_wrote_stays_and_a_second_pass_changes_nothing(
    settings: NamespaceSettings, spec: Json, author: bool, default: str | None, volume: NamedVolume
) -> None:
    fields: Json = (
        {"f:storageClassName": {}} if author and spec.get("storageClassName") is not None else {"f:resources": {}}
    )
    claim: Json = {"metadata": {"managedFields": [{"fieldsV1": {"f:spec": fields}}]}, "spec": spec}
    facts = ClassFacts(default, volume)
    choice = class_choice(claim, settings, facts)
    if isinstance(choice, Fill):
        assert "f:storageClassName" not in fields
        assert choice.value != spec.get("storageClassName")
        filled = {**claim, "spec": {**spec, "storageClassName": choice.value}}
        assert isinstance(class_choice(filled, settings, facts), Keep)


def test_a_claims_options_are_the_profiles_with_its_allowed_requests(claim: Json, settings: NamespaceSettings) -> None:
    claim["metadata"]["annotations"] = {keys.MOUNT_OPTIONS: "rsize=65536,suid"}
    effective = requested_options(claim, settings, None)
    assert effective.options == ("hard", "noatime", "rsize=65536")
    assert [refused.text for refused in effective.refused] == ["suid"]


def test_with_its_export_known_a_claims_options_stand_over_the_base(
    claim: Json, settings: NamespaceSettings, policy: Policy
) -> None:
    effective = requested_options(claim, settings, policy.exports[0])
    assert effective.options == ("nfsvers=4.1", "nconnect=4", "hard", "noatime")
