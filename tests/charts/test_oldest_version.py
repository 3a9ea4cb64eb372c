"""What the chart renders is known to every supported version's API, to the last field."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from testbed.errors import PartUnavailable
from testbed.openapi.description import ApiDescription
from testbed.openapi.published import published_api
from testbed.programs import module_version

from .test_every_value import BESIDE, CHANGED, EXPORTS, merged, nested

# The last patch of the oldest minor version that is supported; the newest is the one that the testbed runs.
OLDEST = "v1.30.14"
NEWEST = module_version("k8s.io/kubernetes")

# Kinds of other projects: there is no such API in any Kubernetes.
FOREIGN = {"monitoring.coreos.com/v1", "cert-manager.io/v1"}

# Fields that say of themselves that they count with a feature gate only, and why the oldest version has it on.
GATED = {
    "spec.template.spec.topologySpreadConstraints[].matchLabelKeys": "beta and on since 1.27",
    "spec.unhealthyPodEvictionPolicy": "beta and on since 1.27",
}

# What CEL expressions may call: what Kubernetes 1.30 has for certain. A newer function would be refused there, which no
# description of the API says. https://kubernetes.io/docs/reference/using-api/cel/
CEL = {
    *("has", "all", "exists", "exists_one", "filter", "map"),  # macros
    *("size", "dyn", "type", "int", "string", "contains", "startsWith", "endsWith", "matches"),  # the language's own
    *("charAt", "indexOf", "lastIndexOf", "lowerAscii", "upperAscii", "replace", "split", "join", "substring", "trim"),
    *("orValue", "hasValue", "value", "or", "optMap"),  # optional values, since 1.29
    *("quantity", "compareTo", "isLessThan", "isGreaterThan"),  # since 1.28
}


@pytest.fixture(scope="module", params=[OLDEST, NEWEST])
def api(request: pytest.FixtureRequest) -> ApiDescription:
    return described(request.param)


@pytest.fixture(scope="module")
def oldest() -> ApiDescription:
    return described(OLDEST)


def described(version: str) -> ApiDescription:
    try:
        return published_api(version)
    except PartUnavailable as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="module")
def objects(render, oldest_kube: str) -> list[dict[str, Any]]:
    """All different objects that are rendered for the oldest version, as it comes and with each value changed."""
    different = {}
    for path in ("", *CHANGED):
        for obj in render(kube=oldest_kube, **changed(path)).values():
            different[json.dumps(obj, sort_keys=True)] = obj
    return [obj for obj in different.values() if obj["apiVersion"] not in FOREIGN]


def changed(path: str) -> dict[str, Any]:
    """The values of a chart with one export in which the value at a path, if any, is changed."""
    value = CHANGED.get(path)
    if path == "exports":
        value = [{**each, "name": f"e{index}"} for index, each in enumerate(value)]
    beside = {"exports": [{**EXPORTS[0], "name": "main"}], **BESIDE.get(path, {})}
    return merged(beside, nested(path, value)) if path else beside


@pytest.fixture(scope="session")
def oldest_kube(chart_folder) -> str:
    """The oldest version that the chart lets in."""
    found = re.search(r'^kubeVersion: ">=(\d+\.\d+\.0)-0"$', (chart_folder / "Chart.yaml").read_text(), re.MULTILINE)
    assert found
    assert OLDEST.startswith("v" + found[1].removesuffix("0"))
    return found[1]


def test_every_field_is_known_and_of_its_type(api: ApiDescription, objects: list[dict[str, Any]]) -> None:
    assert len(objects) > len(CHANGED)
    found = [f"{obj['kind']} {obj['metadata']['name']}: {each}" for obj in objects for each in api.problems(obj)]
    assert found == []


def test_no_field_waits_for_a_feature_gate_that_the_oldest_version_has_off(
    oldest: ApiDescription, objects: list[dict[str, Any]]
) -> None:
    gated = {re.sub(r"\[\d+\]", "[]", each.path): each.what for obj in objects for each in oldest.gated(obj)}
    assert {path: what for path, what in gated.items() if path not in GATED} == {}


def test_expressions_call_only_what_the_oldest_version_has(objects: list[dict[str, Any]]) -> None:
    texts = [text for obj in objects for text in expressions(obj)]
    assert texts
    called = {name for text in texts for name in re.findall(r"(\w+)\(", re.sub(r"'[^']*'|\"[^\"]*\"", "", text))}
    assert called <= CEL


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        pytest.param("Deployment", ["spec", "template", "spec", "resources"], {}, id="a Pod's resources, since 1.32"),
        pytest.param(
            "Deployment",
            ["spec", "template", "spec", "securityContext", "supplementalGroupsPolicy"],
            "Strict",
            id="since 1.31",
        ),
        pytest.param("Deployment", ["spec", "replicas"], "2", id="a number in quotes"),
        pytest.param("Service", ["spec", "publishNotReadyAddress"], True, id="a typo"),
        pytest.param("Deployment", ["apiVersion"], "extensions/v1beta1", id="an API version that went away"),
    ],
)
def test_what_the_oldest_version_would_refuse_or_drop_is_found(
    oldest: ApiDescription, render, kind: str, path: list[str], value: object
) -> None:
    obj = copy.deepcopy(next(obj for obj in render().values() if obj["kind"] == kind))
    assert oldest.problems(obj) == ()
    *parents, last = path
    here = obj
    for step in parents:
        here = here[step]
    here[last] = value
    assert len(oldest.problems(obj)) == 1


def test_a_field_that_waits_for_a_feature_gate_is_found(oldest: ApiDescription) -> None:
    spec = {"hostUsers": False, "containers": [{"name": "c"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec}
    assert oldest.problems(pod) == ()
    assert [each.path for each in oldest.gated(pod)] == ["spec.hostUsers"]


def test_a_version_older_than_the_oldest_is_refused(template) -> None:
    refused = template(kube="1.29.99")
    assert refused.returncode != 0
    assert "kubeVersion: >=1.30.0-0" in refused.stderr


def expressions(value: object) -> Iterator[str]:
    """Every CEL expression in an object."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key in ("expression", "messageExpression") and isinstance(each, str):
                yield each
            yield from expressions(each)
    elif isinstance(value, list):
        for each in value:
            yield from expressions(each)
