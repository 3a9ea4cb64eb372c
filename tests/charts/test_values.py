"""What becomes of the chart's values: the policy file, the classes, and the refusals of what cannot be."""

import json
import subprocess
import sys

import pytest
import yaml

from cli.policyread import CHART_POLICY
from policy.keys import DEFAULT_CLASS_ANNOTATIONS, PROVISIONER
from policy.load import load_policy
from policy.model import Policy

EXPORT = {"server": "10.0.0.5", "path": "/nfs/data"}


@pytest.fixture
def policy_text(render):
    """The policy file that the chart renders from values."""

    def policy_text(**values: object) -> str:
        return render(**values)["ConfigMap", "nfs-steward-policy"]["data"]["policy.yaml"]

    return policy_text


@pytest.fixture
def storage_class(render):
    """The one StorageClass that the chart renders from values."""

    def storage_class(**values: object):
        (found,) = [obj for (kind, _), obj in render(**values).items() if kind == "StorageClass"]
        return found

    return storage_class


FULL = {
    "exports": [
        {
            **EXPORT,
            "name": "main",
            "aliases": ["nfs.example"],
            "directories": {"mode": "2770", "uid": 1, "gid": 4294967294},
            "mountOptions": ["nfsvers=4.1"],
        }
    ],
    "profiles": [
        {
            "name": "default",
            "namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]},
            "storageClassName": "nfs",
            "accessModes": ["ReadWriteMany"],
            "mountOptions": ["hard"],
            "allowedMountOptions": ["rsize"],
            "claim": {"default": "1Gi", "min": "1Mi", "max": "100Gi"},
            "quota": {"storage": "500Gi", "claims": 50, "classes": {"nfs-gold": "100Gi"}},
            "overQuota": "warn",
            "inlineVolumes": "deny",
            "inlinePaths": ["/nfs/data/${namespace}"],
        }
    ],
    "gidRange": {"from": 100000, "to": 4294967294},
    "schedulingGate": False,
    "gateTimeout": "1h30m",
}


def test_every_field_of_the_policy_reaches_the_file_as_it_is(policy_text):
    assert yaml.safe_load(policy_text(**FULL)) == FULL
    assert set(FULL) == {field.alias for field in Policy.model_fields.values()}


def test_the_rendered_policy_is_one_that_the_programs_take(policy_text):
    policy = load_policy(policy_text(**FULL), "rendered")
    assert policy.exports[0].directories.mode == 0o2770
    assert policy.gid_range.to == 4294967294


def test_the_charts_own_profile_is_the_one_that_explain_takes_without_a_policy(policy_text):
    assert load_policy(policy_text(), "rendered").profiles == load_policy(CHART_POLICY, "explain's").profiles


def test_the_charts_own_class_is_the_one_that_its_own_profile_names(policy_text, storage_class):
    (profile,) = load_policy(policy_text(), "rendered").profiles
    assert profile.storage_class_name == storage_class()["metadata"]["name"]


def test_a_class_of_ours_keeps_released_volumes(storage_class):
    rendered = storage_class()
    assert rendered["provisioner"] == PROVISIONER
    assert rendered["reclaimPolicy"] == "Retain"
    assert rendered["volumeBindingMode"] == "Immediate"
    assert "parameters" not in rendered
    assert "annotations" not in rendered["metadata"]


def test_a_classs_fields_are_rendered(storage_class):
    rendered = storage_class(
        exports=[{**EXPORT, "name": "a"}, {**EXPORT, "path": "/b", "name": "b"}],
        storageClasses=[
            {
                "name": "nfs-b",
                "default": True,
                "export": "b",
                "parameters": {"mode": "0750", "uid": 1000},
                "volumeBindingMode": "WaitForFirstConsumer",
            }
        ],
    )
    assert rendered["parameters"] == {"export": "b", "mode": "0750", "uid": "1000"}
    assert rendered["volumeBindingMode"] == "WaitForFirstConsumer"
    assert rendered["metadata"]["annotations"] == {DEFAULT_CLASS_ANNOTATIONS[0]: "true"}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param({"exports": []}, "needs an export", id="no export"),
        pytest.param(
            {"exports": [{**EXPORT, "name": "a"}, {**EXPORT, "name": "b"}]},
            "nfs has to name its export",
            id="a class that could lie on either of two exports",
        ),
        pytest.param({"exprots": []}, "'exprots' not allowed", id="a typo"),
        pytest.param({"profiles": [{"name": "default", "color": "red"}]}, "'color' not allowed", id="an unknown field"),
        pytest.param({"profiles": [{}]}, "missing property 'name'", id="a profile without a name"),
        pytest.param({"gateTimeout": 10}, "/gateTimeout", id="a number as duration"),
        pytest.param({"schedulingGate": "yes"}, "/schedulingGate", id="a text as truth value"),
        pytest.param({"storageClasses": [{}]}, "missing property 'name'", id="a class without a name"),
        pytest.param({"webhook": {"service": {"port": 0}}}, "/webhook/service/port", id="a port that is none"),
        pytest.param({"webhook": {"validatingFailurePolicy": "fail"}}, "validatingFailurePolicy", id="a wrong word"),
    ],
)
def test_values_that_cannot_be_are_refused_by_name(template, values, told):
    result = template(**values)
    assert result.returncode != 0
    assert told in result.stderr


def test_the_schema_in_the_chart_is_the_one_that_the_policy_model_makes(chart_folder):
    generator = chart_folder.parent / "values_schema.py"
    printed = subprocess.run([sys.executable, generator], capture_output=True, text=True, timeout=60, check=True).stdout
    assert (chart_folder / "values.schema.json").read_text() == printed, "run `make generate`"


def test_every_value_is_in_the_schema_and_every_part_of_the_schema_among_the_values(chart_folder):
    values = yaml.safe_load((chart_folder / "values.yaml").read_text())
    schema = json.loads((chart_folder / "values.schema.json").read_text())
    assert set(values) == set(schema["properties"]) - {"global"}
    assert set(values["webhook"]) == set(schema["properties"]["webhook"]["properties"])
    assert set(values["storageClasses"][0]) == set(schema["properties"]["storageClasses"]["items"]["properties"])
