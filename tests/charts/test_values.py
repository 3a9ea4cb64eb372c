"""What becomes of the chart's values: the policy file and the classes."""

import subprocess
import sys

import pytest
import yaml

from cli.policyread import CHART_POLICY
from policy.keys import DEFAULT_CLASS_ANNOTATIONS, PROVISIONER
from policy.load import load_policy
from policy.model import Policy
from policy.parameters import read_parameters

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
    "gidRange": {"from": 100000, "to": 2147483647},
    "provisionerName": "k8s-sigs.io/nfs-subdir-external-provisioner",
    "limits": False,
    "contact": "storage@corp.example",
    "usageThresholds": [50, 90, 120],
    "measuring": {"every": "5m", "fullEvery": "12h", "timeShare": 200, "operationsPerSecond": 100},
    "schedulingGate": False,
    "gateTimeout": "1h30m",
}


def test_every_field_of_the_policy_reaches_the_file_as_it_is(policy_text):
    assert yaml.safe_load(policy_text(**FULL)) == FULL
    assert set(FULL) == {field.alias for field in Policy.model_fields.values()}


def test_the_rendered_policy_is_one_that_the_programs_take(policy_text):
    policy = load_policy(policy_text(**FULL), "rendered")
    assert policy.exports[0].directories.mode == 0o2770
    assert policy.gid_range.to == 2147483647


def test_the_charts_own_profile_is_the_one_that_explain_takes_without_a_policy(policy_text):
    assert load_policy(policy_text(), "rendered").profiles == load_policy(CHART_POLICY, "explain's").profiles


def test_the_charts_own_class_is_the_one_that_its_own_profile_names(policy_text, storage_class):
    (profile,) = load_policy(policy_text(), "rendered").profiles
    assert profile.storage_class_name == storage_class()["metadata"]["name"]


def test_a_class_of_ours_archives_what_is_deleted(storage_class):
    rendered = storage_class()
    assert rendered["provisioner"] == PROVISIONER
    assert rendered["reclaimPolicy"] == "Delete"
    assert rendered["volumeBindingMode"] == "Immediate"
    assert rendered["allowVolumeExpansion"] is True
    assert rendered["parameters"] == {"onDelete": "archive"}
    assert "mountOptions" not in rendered
    assert "annotations" not in rendered["metadata"]


def test_so_does_one_that_only_has_a_name(storage_class):
    assert storage_class(storageClasses=[{"name": "nfs"}]) == storage_class()


def test_a_classs_fields_are_rendered(storage_class):
    rendered = storage_class(
        exports=[{**EXPORT, "name": "a"}, {**EXPORT, "path": "/b", "name": "b"}],
        storageClasses=[
            {
                "name": "nfs-b",
                "default": True,
                "export": ["b", "a"],
                "pathPattern": "${.PVC.namespace}/${.PVC.labels.app:-none}",
                "shared": True,
                "archiveFor": "720h",
                "parameters": {"mode": "0750", "uid": 1000000},
                "mountOptions": ["rsize=65536, noatime"],
                "allowVolumeExpansion": False,
                "volumeBindingMode": "WaitForFirstConsumer",
            }
        ],
    )
    assert rendered["parameters"] == {
        "export": "b,a",
        "pathPattern": "${.PVC.namespace}/${.PVC.labels.app:-none}",
        "shared": "true",
        "onDelete": "archive",
        "archiveFor": "720h",
        "mode": "0750",
        "uid": "1000000",
    }
    assert rendered["mountOptions"] == ["rsize=65536", "noatime"]
    assert rendered["allowVolumeExpansion"] is False
    assert rendered["volumeBindingMode"] == "WaitForFirstConsumer"
    assert rendered["metadata"]["annotations"] == {DEFAULT_CLASS_ANNOTATIONS[0]: "true"}


@pytest.mark.parametrize(
    ("on_delete", "reclaim_policy"),
    [
        pytest.param("delete", "Delete", id="delete"),
        pytest.param("archive", "Delete", id="archive"),
        pytest.param("retain", "Retain", id="retain"),
    ],
)
def test_the_reclaim_policy_follows_from_what_happens_on_delete(storage_class, on_delete, reclaim_policy):
    rendered = storage_class(storageClasses=[{"name": "nfs", "onDelete": on_delete}])
    assert rendered["reclaimPolicy"] == reclaim_policy
    assert rendered["parameters"] == {"onDelete": on_delete}


def test_the_program_understands_every_parameter_that_the_chart_renders(policy_text, storage_class):
    values = {
        "gidRange": {"from": 100000, "to": 199999},
        "storageClasses": [
            {
                "name": "nfs",
                "pathPattern": "${.PVC.namespace}",
                "shared": True,
                "onDelete": "archive",
                "archiveFor": "1h",
                "parameters": {"mode": "0750", "uid": 7, "gid": "auto"},
            }
        ],
    }
    policy = load_policy(policy_text(**values), "rendered")
    read = read_parameters(storage_class(**values), policy)
    assert (read.on_delete, read.shared, read.mode, read.uid, read.gid) == ("archive", True, 0o750, 7, "auto")


def test_the_schema_in_the_chart_is_the_one_that_the_policy_model_makes(chart_folder):
    generator = chart_folder.parent / "values_schema.py"
    printed = subprocess.run([sys.executable, generator], capture_output=True, text=True, timeout=60, check=True).stdout
    assert (chart_folder / "values.schema.json").read_text() == printed, "run `make generate`"
