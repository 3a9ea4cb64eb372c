"""Monitors and alerts: what is collected from where, and that alerts ask for metrics that there are."""

import json
import re
import subprocess
import sys

import pytest
from prometheus_client import CollectorRegistry

from controller.duties.cluster_role import ClusterRole
from controller.export.outcomes import ExportState
from controller.metrics import ControllerMetrics
from webhook.answers import OutcomeName
from webhook.metrics import ReviewMetrics, StateMetrics

ALL = {"serviceMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}}
KINDS = {"ServiceMonitor", "PodMonitor", "PrometheusRule"}


@pytest.fixture
def alerts(render):
    """The alerts by name; several of one name in a list."""

    def alerts(**values: object):
        (group,) = render(**{"monitoring": ALL, **values})["PrometheusRule", "nfs-steward"]["spec"]["groups"]
        found: dict[str, list[dict]] = {}
        for rule in group["rules"]:
            found.setdefault(rule["alert"], []).append(rule)
        return found

    return alerts


@pytest.fixture
def expressions(alerts):
    """The expressions of all alerts, as one text."""

    def expressions(**values: object) -> str:
        return "\n".join(rule["expr"] for rules in alerts(**values).values() for rule in rules)

    return expressions


@pytest.fixture
def metrics() -> dict[str, set[str]]:
    """The labels of the metrics that there are, by the names under which they are collected."""
    registry = CollectorRegistry()
    kinds = [ReviewMetrics, StateMetrics, ControllerMetrics]
    for kind in kinds:
        kind(registry)
    return dict(named(collector) for each in registry._collector_to_names for collector in families(each))


def families(collector):
    """The metrics of a collector: itself, or those that it reads elsewhere."""
    return [collector] if hasattr(collector, "_labelnames") else list(collector.collect())


def named(metric) -> tuple[str, set[str]]:
    name, kind = (metric._name, metric._type) if hasattr(metric, "_name") else (metric.name, metric.type)
    return f"{name}_total" if kind == "counter" else name, set(metric._labelnames)


def test_nothing_of_the_prometheus_operator_s_is_rendered_unasked(render):
    assert not {kind for kind, _ in render()} & KINDS


@pytest.mark.parametrize(
    ("monitoring", "kinds"),
    [
        pytest.param({"serviceMonitor": {"enabled": True}}, {"ServiceMonitor", "PodMonitor"}, id="monitors"),
        pytest.param({"prometheusRule": {"enabled": True}}, {"PrometheusRule"}, id="alerts"),
    ],
)
def test_each_switch_brings_its_own(render, monitoring, kinds):
    rendered = render(monitoring={**monitoring, "labels": {"release": "prometheus"}})
    found = {kind: obj for (kind, _), obj in rendered.items() if kind in KINDS}
    assert set(found) == kinds
    assert {obj["metadata"]["labels"]["release"] for obj in found.values()} == {"prometheus"}


def test_the_webhook_is_asked_under_the_name_that_its_certificate_has(render):
    rendered = render(monitoring=ALL)
    monitor = rendered["ServiceMonitor", "nfs-steward-webhook"]["spec"]
    service = rendered["Service", "nfs-steward-webhook"]
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = monitor["endpoints"]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert endpoint["scheme"] == "https"
    assert endpoint["tlsConfig"]["serverName"] == "nfs-steward-webhook.storage.svc"
    assert endpoint["tlsConfig"]["ca"]["secret"] == {"name": "nfs-steward-webhook-tls", "key": "ca.crt"}


def test_every_controller_is_asked(render, workloads):
    monitor = render(monitoring=ALL)["PodMonitor", "nfs-steward-controllers"]["spec"]
    (expression,) = monitor["selector"]["matchExpressions"]
    (endpoint,) = monitor["podMetricsEndpoints"]
    for component, deployment in workloads().items():
        template = deployment["spec"]["template"]
        labels = template["metadata"]["labels"]
        assert monitor["selector"]["matchLabels"].items() <= labels.items()
        assert (labels[expression["key"]] in expression["values"]) is (component != "webhook")
        if component != "webhook":
            assert endpoint["port"] in {port["name"] for port in template["spec"]["containers"][0]["ports"]}


def test_what_is_told_of_a_claim_keeps_the_claim_s_namespace(render):
    (endpoint,) = render(monitoring=ALL)["PodMonitor", "nfs-steward-controllers"]["spec"]["podMetricsEndpoints"]
    assert endpoint["honorLabels"]


def test_the_dashboard_is_there_as_grafana_s_sidecar_looks_for_it(render, chart_folder):
    assert ("ConfigMap", "nfs-steward-dashboard") not in render()
    found = render(monitoring={"dashboard": {"enabled": True}})["ConfigMap", "nfs-steward-dashboard"]
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    (text,) = found["data"].values()
    assert json.loads(text) == json.loads((chart_folder / "dashboards" / "nfs-steward.json").read_text())


def test_the_dashboard_in_the_chart_is_the_one_that_its_generator_makes(chart_folder):
    generator = chart_folder.parent / "dashboard.py"
    printed = subprocess.run([sys.executable, generator], capture_output=True, text=True, timeout=60, check=True).stdout
    assert (chart_folder / "dashboards" / "nfs-steward.json").read_text() == printed, "run `make generate`"


def test_no_two_panels_of_the_dashboard_lie_on_each_other(chart_folder):
    panels = json.loads((chart_folder / "dashboards" / "nfs-steward.json").read_text())["panels"]
    places = [panel["gridPos"] for panel in panels]
    taken = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24


def test_a_number_without_a_threshold_has_one_colour_whatever_it_is(chart_folder):
    """Grafana puts thresholds of its own where a panel that is coloured by them has none."""
    panels = json.loads((chart_folder / "dashboards" / "nfs-steward.json").read_text())["panels"]
    numbers = [panel["fieldConfig"]["defaults"] for panel in panels if panel["type"] in {"stat", "bargauge"}]
    assert numbers
    for defaults in numbers:
        assert defaults["color"]["mode"] == ("thresholds" if "thresholds" in defaults else "fixed")


def test_the_documentation_has_every_metric_with_its_labels_and_no_other(metrics, chart_folder):
    page = (chart_folder.parents[1] / "docs" / "monitoring.md").read_text()
    rows = re.findall(r"^\| `(nfs_steward_\w+)` \|([^|]*)\|", page, re.MULTILINE)
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows} == metrics


def test_alerts_ask_for_metrics_and_labels_that_there_are(expressions, metrics):
    asked = re.findall(r"(nfs_steward_\w+)(?:\{([^}]*)\})?", expressions())
    assert len(asked) >= 12
    for metric, selector in asked:
        labels = set(re.findall(r"(\w+)!?=~?\"", selector))
        assert labels <= metrics[metric.removesuffix("_bucket")] | {"namespace"}


def test_alerts_ask_for_values_that_labels_can_have(expressions):
    outcomes = set(re.findall(r'nfs_steward_webhook_reviews_total\{.*outcome="(\w+)"', expressions()))
    assert outcomes <= set(OutcomeName.__args__)
    assert outcomes
    assert f'state!="{ExportState.OK}"' in expressions()


def test_every_duty_has_an_alert_for_having_no_leader(alerts):
    exports = [{"name": name, "server": "a", "path": f"/{name}"} for name in ("main", "other")]
    rules = alerts(exports=exports, storageClasses=[])["NfsStewardDutyWithoutLeader"]
    assert {rule["labels"]["duty"] for rule in rules} == {ClusterRole.name, "export-main", "export-other"}
    for rule in rules:
        assert f'duty="{rule["labels"]["duty"]}"' in rule["expr"]


def test_a_certificate_is_late_with_a_quarter_of_its_life_left(alerts):
    found = alerts(certificates={"lifetime": "40h", "authorityLifetime": "400h"})
    (serving,), (authority,) = found["NfsStewardCertificateExpiring"], found["NfsStewardAuthorityExpiring"]
    assert serving["expr"].endswith(f"< {10 * 3600}")
    assert authority["expr"].endswith(f"< {100 * 3600}")


@pytest.mark.parametrize(
    ("measuring", "hours"),
    [
        pytest.param({}, 6, id="every ten minutes, as long as nothing is said"),
        pytest.param({"every": None}, 6, id="what the chart says is taken back"),
        pytest.param(None, 6, id="all that the chart says is taken back"),
        pytest.param({"every": "1h30m"}, 6, id="often"),
        pytest.param({"every": "12h"}, 36, id="seldom"),
    ],
)
def test_a_figure_is_old_when_two_turns_were_missed_and_not_within_six_hours(alerts, measuring, hours):
    (old,) = alerts(measuring=measuring)["NfsStewardFiguresOld"]
    assert old["expr"].endswith(f"> {hours * 3600}")


@pytest.mark.parametrize("unit", ["bytes", "claims"])
def test_a_namespace_is_near_its_quota_by_bytes_and_by_claims(alerts, chart_folder, unit):
    (near,) = alerts()["NfsStewardNamespaceNearQuota"]
    shown = (chart_folder / "dashboards" / "nfs-steward.json").read_text()
    for asked in (near["expr"], shown):
        assert f"nfs_steward_namespace_requested_{unit}" in asked
        assert f"nfs_steward_namespace_quota_{unit}" in asked


def test_an_authority_that_is_cert_manager_s_is_cert_manager_s_to_tell_about(alerts):
    assert "NfsStewardAuthorityExpiring" not in alerts(certificates={"source": "cert-manager"})


def test_every_alert_says_what_is_wrong(alerts):
    for rules in alerts().values():
        for rule in rules:
            assert rule["annotations"]["summary"].endswith(".")
            assert rule["labels"]["severity"] in {"info", "warning", "critical"}
