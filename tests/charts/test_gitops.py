"""The rules in docs/gitops.md, against what the chart renders."""

import re
from typing import Any

import pytest
import yaml

ADMISSION = "admissionregistration.k8s.io"
AUTHORITY = re.compile(r"/webhooks/(\d+)/clientConfig/caBundle")
REFUSING = [{"name": "default", "inlineVolumes": "deny"}]


@pytest.fixture(scope="module")
def manifests(chart_folder) -> dict[str, dict[str, Any]]:
    """The whole objects among the page's examples, by kind."""
    page = (chart_folder.parents[1] / "docs" / "gitops.md").read_text()
    blocks = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)]
    return {block["kind"]: block for block in blocks if "kind" in block}


@pytest.fixture(scope="module")
def callers(render) -> dict[str, dict[str, Any]]:
    """The webhook configurations of a policy that refuses something, by kind."""
    rendered = render(profiles=REFUSING).items()
    return {kind: obj for (kind, _), obj in rendered if kind.endswith("WebhookConfiguration")}


def test_flux_ignores_the_authority_of_every_entry(manifests, callers) -> None:
    rules = manifests["HelmRelease"]["spec"]["driftDetection"]["ignore"]
    assert {rule["target"]["kind"] for rule in rules} == set(callers)
    for rule in rules:
        caller = callers[rule["target"]["kind"]]
        assert rule["target"] == {"group": ADMISSION, "kind": caller["kind"], "name": caller["metadata"]["name"]}
        entries = [int(found[1]) for path in rule["paths"] if (found := AUTHORITY.fullmatch(path))]
        assert entries == list(range(len(caller["webhooks"])))


def test_argo_cd_ignores_the_authority_of_every_configuration(manifests, callers) -> None:
    spec = manifests["Application"]["spec"]
    assert spec["ignoreDifferences"] == [
        {
            "group": ADMISSION,
            "kind": kind,
            "name": caller["metadata"]["name"],
            "jqPathExpressions": [".webhooks[]?.clientConfig.caBundle"],
        }
        for kind, caller in callers.items()
    ]
    assert "RespectIgnoreDifferences=true" in spec["syncPolicy"]["syncOptions"]


def test_the_values_of_both_examples_are_ones_that_the_chart_takes(manifests, template) -> None:
    argo_cd = manifests["Application"]["spec"]["source"]["helm"]["valuesObject"]
    flux = manifests["HelmRelease"]["spec"]["values"]
    for values in (argo_cd, flux):
        assert template(**values).returncode == 0


def test_no_authority_is_rendered_that_could_be_drift(callers) -> None:
    configurations = [entry["clientConfig"] for caller in callers.values() for entry in caller["webhooks"]]
    assert configurations
    assert all("caBundle" not in each for each in configurations)
