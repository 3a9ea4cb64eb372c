"""Every value is used: rendered both ways, as it comes and changed, the two are different."""

import json

import pytest
import yaml

EXPORTS = [{"server": "10.0.0.5", "path": "/nfs/data"}]
LOCAL = [{**EXPORTS[0], "name": "main", "local": {"path": "/srv", "nodeSelector": {"nfs": "server"}}}]
MONITORED = {"monitoring": {"serviceMonitor": {"enabled": True}}}
FOREIGN = {"certificates": {"source": "existingSecret", "existingSecret": "mine"}}
SOMEBODY = {"controller": {"runAsUser": 1000}}
DENYING = {"profiles": [{"name": "default", "inlineVolumes": "deny"}]}
PODS = {
    "replicas": 3,
    "port": 9999,
    "hostNetwork": True,
    "resources.requests.cpu": "77m",
    "resources.requests.memory": "77Mi",
    "resources.limits.memory": "777Mi",
    "priorityClassName": "",
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"operator": "Exists"}],
}

CHANGED = {
    "exports": [*EXPORTS, {"server": "b", "path": "/b"}],
    "profiles": DENYING["profiles"],
    "gidRange.from": 5000,
    "gidRange.to": 250000,
    "provisionerName": "k8s-sigs.io/nfs-subdir-external-provisioner",
    "limits": False,
    "contact": "storage@corp.example",
    "usageThresholds": [70],
    "measuring.every": "7m",
    "measuring.fullEvery": "48h",
    "measuring.timeShare": 50,
    "measuring.operationsPerSecond": 500,
    "schedulingGate": False,
    "gateTimeout": "11m",
    "storageClasses": [],
    "image.repository": "registry.example/nfs-steward",
    "image.tag": "9.9.9",
    "image.digest": "sha256:" + "a" * 64,
    "image.quota.repository": "registry.example/nfs-steward",
    "image.quota.tag": "9.9.9",
    "image.quota.digest": "sha256:" + "b" * 64,
    "image.pullPolicy": "Always",
    "image.pullSecrets": ["mine"],
    **{f"webhook.{path}": value for path, value in PODS.items()},
    "webhook.workers": 7,
    "webhook.excludedNamespaces": ["quiet"],
    "webhook.validatingFailurePolicy": "Ignore",
    "webhook.service.port": 4443,
    **{f"controller.{path}": value for path, value in PODS.items()},
    "controller.runAsUser": 1000,
    "controller.runAsGroup": 2000,
    "certificates.source": "cert-manager",
    "certificates.existingSecret": "another",
    "certificates.lifetime": "1h",
    "certificates.authorityLifetime": "9999h",
    "networkPolicy.enabled": True,
    "monitoring.serviceMonitor.enabled": True,
    "monitoring.prometheusRule.enabled": True,
    "monitoring.labels": {"release": "prometheus"},
    "monitoring.dashboard.enabled": True,
    "monitoring.dashboard.labels.grafana_dashboard": "yes",
    "policyCheck": False,
    "log.level": "debug",
    "log.format": "text",
}
"""Another value for each; those of `exports` and lists are whole."""

BESIDE = {
    "controller.runAsGroup": SOMEBODY,
    "certificates.existingSecret": FOREIGN,
    "monitoring.labels": MONITORED,
    "monitoring.dashboard.labels.grafana_dashboard": {"monitoring": {"dashboard": {"enabled": True}}},
    "exports": {"storageClasses": []},
    **{f"image.quota.{field}": {"exports": LOCAL} for field in ("repository", "tag", "digest")},
}
"""What has to be so for a value to matter."""


def leaves(values, path=""):
    """The paths of the values that hold no others; a list and an empty map count as one."""
    if not isinstance(values, dict) or not values:
        return {path}
    return set().union(*(leaves(value, f"{path}.{key}".strip(".")) for key, value in values.items()))


def nested(path: str, value: object):
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def merged(one, other):
    """Both maps in one, as Helm does it: the other's values go over the one's, map by map."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    return {
        key: merged(one[key], other[key]) if key in one and key in other else {**one, **other}[key]
        for key in {**one, **other}
    }


@pytest.fixture(scope="module")
def values(chart_folder):
    """The values that come with the chart."""
    return yaml.safe_load((chart_folder / "values.yaml").read_text())


def test_every_value_has_a_row_here(values):
    assert set(CHANGED) == leaves(values)


def test_the_same_values_render_the_same(render):
    # A value that nobody uses keeps the second from being the first once more.
    assert render(**{"global": {"unused": True}}) == render()


@pytest.mark.parametrize("path", CHANGED)
def test_a_value_that_is_changed_changes_what_is_rendered(render, path):
    beside = {"exports": [{**EXPORTS[0], "name": "main"}], **BESIDE.get(path, {})}
    changed = CHANGED[path]
    if path == "exports":
        changed = [{**each, "name": f"e{index}"} for index, each in enumerate(changed)]
    assert render(**beside) != render(**merged(beside, nested(path, changed)))


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("name", "other"),
        ("default", True),
        ("export", "main"),
        ("pathPattern", "${.PVC.namespace}/${.PVC.name}"),
        ("shared", True),
        ("onDelete", "delete"),
        ("archiveFor", "720h"),
        ("parameters", {"mode": "0750"}),
        ("mountOptions", ["hard"]),
        ("quota", "project"),
        ("allowVolumeExpansion", False),
        ("volumeBindingMode", "WaitForFirstConsumer"),
    ],
)
def test_so_does_every_field_of_a_class(render, values, field, changed):
    (own,) = values["storageClasses"]
    assert render(exports=LOCAL) != render(exports=LOCAL, storageClasses=[{**own, field: changed}])
    assert field in own


def test_every_value_is_in_the_schema_and_every_part_of_the_schema_among_the_values(chart_folder, values):
    schema = json.loads((chart_folder / "values.schema.json").read_text())
    assert leaves(values) == {path for path in described(schema, schema["properties"], values) if path != "global"}
    assert set(values["storageClasses"][0]) == set(schema["properties"]["storageClasses"]["items"]["properties"])


def described(schema, properties, values, path=""):
    """The paths that a schema describes, as deep as the values go."""
    for name, part in properties.items():
        here = f"{path}.{name}".strip(".")
        below = values.get(name) if isinstance(values, dict) else None
        if isinstance(below, dict) and below and "properties" in part:
            yield from described(schema, part["properties"], below, here)
        elif isinstance(below, dict) and below:
            yield from leaves(below, here)
        else:
            yield here


def test_the_values_file_is_one_that_can_be_read_in_one_go(chart_folder):
    assert len((chart_folder / "values.yaml").read_text().splitlines()) < 150
