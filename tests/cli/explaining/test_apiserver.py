import pytest

from cli.explaining.apiserver import as_received, missing_in_claim, missing_in_templates
from policy.authorship import author_wrote
from policy.keys import LEGACY_CLASS_ANNOTATION


def claim(spec: dict[str, object], **metadata: object) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "a", **metadata}, "spec": spec}


@pytest.mark.parametrize(
    ("given", "received"),
    [
        pytest.param(claim({}), "standard", id="no class"),
        pytest.param(claim({"storageClassName": None}), "standard", id="null is none"),
        pytest.param(claim({"storageClassName": ""}), "", id="an empty class is a choice"),
        pytest.param(claim({"storageClassName": "nfs"}), "nfs", id="a class"),
        pytest.param(claim({}, annotations={LEGACY_CLASS_ANNOTATION: "old"}), None, id="the legacy annotation"),
        pytest.param(claim({}, annotations={LEGACY_CLASS_ANNOTATION: ""}), None, id="the legacy annotation, empty"),
        pytest.param(claim({"volumeName": "pv"}), "standard", id="a named volume changes nothing"),
        pytest.param(claim({"selector": {}}), "standard", id="a selector changes nothing"),
        pytest.param({**claim({}), "kind": "Pod"}, None, id="another kind"),
    ],
)
def test_the_default_class_goes_on_claims_that_name_none(given, received):
    assert as_received(given, "standard")["spec"].get("storageClassName") == received


def test_without_a_default_class_no_claim_gets_one():
    assert "storageClassName" not in as_received(claim({}), None)["spec"]


@pytest.mark.parametrize(
    ("given", "written"),
    [
        pytest.param(claim({}), False, id="put in by the API server"),
        pytest.param(claim({"storageClassName": None}), False, id="null states nothing"),
        pytest.param(claim({"storageClassName": "standard"}), True, id="stated, although it is the default"),
        pytest.param(claim({"storageClassName": ""}), True, id="stated as empty"),
    ],
)
def test_who_wrote_the_class_is_recorded_before_the_default_is_put_in(given, written):
    assert author_wrote(as_received(given, "standard"), "spec", "storageClassName") is written


def test_the_authorship_that_an_object_carries_is_kept():
    record = [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]
    received = as_received(claim({"storageClassName": "standard"}, managedFields=record), "standard")
    assert received["metadata"]["managedFields"] == record
    assert not author_wrote(received, "spec", "storageClassName")


def test_an_object_is_not_changed_by_being_received():
    given = claim({})
    as_received(given, "standard")
    assert given == claim({})


@pytest.mark.parametrize(
    ("spec", "missing"),
    [
        pytest.param({}, ("spec.resources.requests.storage", "spec.accessModes"), id="both"),
        pytest.param(
            {"accessModes": []}, ("spec.resources.requests.storage", "spec.accessModes"), id="no mode in the list"
        ),
        pytest.param(
            {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}, (), id="neither"
        ),
        pytest.param(
            {"accessModes": ["ReadWriteOnce"], "resources": {"limits": {"storage": "1Gi"}}},
            ("spec.resources.requests.storage",),
            id="a limit is no request",
        ),
    ],
)
def test_what_validation_requires_of_a_claim_is_named(spec, missing):
    assert missing_in_claim(claim(spec)) == missing


def test_what_templates_lack_is_named_with_its_place():
    ephemeral = {"name": "s", "ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"]}}}}
    workload = {
        "kind": "StatefulSet",
        "spec": {
            "volumeClaimTemplates": [{"spec": {"resources": {"requests": {"storage": 1}}}}],
            "template": {"spec": {"volumes": [{"name": "x", "emptyDir": {}}, ephemeral]}},
        },
    }
    assert missing_in_templates(workload, ("spec", "template")) == (
        "spec.volumeClaimTemplates[0].spec.accessModes",
        "spec.template.spec.volumes[1].ephemeral.volumeClaimTemplate.spec.resources.requests.storage",
    )
