"""What the chart asks of Prometheus, asked of a real one that scrapes the running programs: nothing comes back empty
that should have data.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kube import resources
from kube.client import Client
from kube.errors import Forbidden
from policy.shapes import Json
from testbed.bed import Testbed
from testbed.debian import MONITORING, obtain_packages
from testbed.errors import PartUnavailable
from testbed.product.chart import NAMESPACE, RenderedChart, render
from testbed.progress import Progress
from testbed.prometheus import Prometheus, Target
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .installation import Installation
from .objects import nfs, pod, whole_claim
from .ways import is_put_off

_ON = {"monitoring": {"prometheusRule": {"enabled": True}, "dashboard": {"enabled": True}}}
_SERVED = ("main",)
"""The exports whose controllers run all the time."""
_GRAFANAS = {"$__range": "5m", "$__interval": "1s", "$__rate_interval": "1m"}
"""What Grafana puts in, and we put in here."""

_SELECTOR = re.compile(r"nfs_steward_\w+(?:\{[^}]*\})?(?:\[[^]]*\])?")

RARE = {
    'certificate="authority"': "the certificate is the testbed's here; tests/cluster/certificates see this metric",
}
"""What alerts ask for and has no data here, and why."""


@pytest.fixture(scope="module")
def chart(testbed: Testbed, installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> RenderedChart:
    """The chart of the installation, with all that is for Prometheus and Grafana."""
    exports = [each for each in installation.product.values["exports"] if each["name"] in _SERVED]
    values = {**installation.product.values, "exports": exports, "storageClasses": [{"name": "nfs"}], **_ON}
    return render(testbed.program("helm"), values, tmp_path_factory.mktemp("chart"))


@pytest.fixture(scope="module")
def rules(chart: RenderedChart) -> list[Json]:
    """The groups of rules in the chart."""
    return chart.one("PrometheusRule", "monitoring")["spec"]["groups"]


@pytest.fixture(scope="module")
def panels(chart: RenderedChart) -> list[Json]:
    """The panels of the dashboard in the chart."""
    (text,) = chart.one("ConfigMap", "monitoring")["data"].values()
    return [panel for panel in json.loads(text)["panels"] if panel["type"] != "row"]


@pytest.fixture(scope="module")
def prometheus(
    testbed: Testbed, installation: Installation, rules: list[Json], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """A Prometheus that has scraped every program of the installation, and evaluates the chart's rules."""
    try:
        packages = obtain_packages(MONITORING, Progress())
    except PartUnavailable as problem:
        pytest.skip(str(problem))
    started = Prometheus(packages, tmp_path_factory.mktemp("prometheus"), testbed.supervisor)
    labels = {"namespace": NAMESPACE}
    targets = [
        Target(running.readyz.replace("/readyz", "/metrics"), labels, running.trust)
        for running in installation.programs.values()
    ]
    started.start(targets, rules)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def busy(prometheus: Prometheus, client: Client, make_team: Callable[..., str], export_root: Path) -> None:
    """Something of everything that is told: claims that fill up, requests against quotas, refusals."""
    quota = {"nfs-steward.io/quota": "10Gi", "nfs-steward.io/max-claims": "10"}
    team, strict = make_team(labels=quota), make_team("deny")
    wait_for("its quota to be in force", lambda: not is_put_off(client, whole_claim("tried", team)), WITHIN)
    client.create(resources.CLAIMS, whole_claim("data", team))
    with pytest.raises(Forbidden):
        client.create(resources.PODS, pod("refused", strict, nfs("anywhere")))
    (directory,) = wait_for("the claim's directory", lambda: [*export_root.glob(f"{team}-data-*")], WITHIN)
    used = f'nfs_steward_claim_used_bytes{{namespace="{team}"}}'
    wait_for("its first figure", lambda: prometheus.ask(used), WITHIN)
    (directory / "file").write_bytes(bytes(1 << 20))
    wait_for("its next figure", lambda: prometheus.ask(f"{used} > {1 << 20}"), WITHIN)


def asked(text: str) -> str:
    """A query as Prometheus gets it from Grafana."""
    for written, meant in _GRAFANAS.items():
        text = text.replace(written, meant)
    return text


def test_every_rule_is_one_that_prometheus_evaluates(prometheus: Prometheus, rules: list[Json]) -> None:
    def evaluated() -> list[Json]:
        found = prometheus.rules()
        return found if all(rule["health"] != "unknown" for rule in found) else []

    found = wait_for("all rules to be evaluated", evaluated, WITHIN)
    assert {rule["name"] for rule in found} == {rule["alert"] for group in rules for rule in group["rules"]}
    assert [rule.get("lastError") for rule in found if rule["health"] != "ok"] == []


@pytest.mark.usefixtures("busy")
def test_everything_that_the_dashboard_asks_has_an_answer(prometheus: Prometheus, panels: list[Json]) -> None:
    wait_for_answers(prometheus, {asked(target["expr"]) for panel in panels for target in panel["targets"]})


@pytest.mark.usefixtures("busy")
def test_everything_that_alerts_compare_has_data(prometheus: Prometheus, rules: list[Json]) -> None:
    """Of an alert the parts are asked for: as a whole it is empty while all is well, and tests/charts sees it fire."""
    selectors = {found for group in rules for rule in group["rules"] for found in _SELECTOR.findall(rule["expr"])}
    usual = {selector for selector in selectors if not any(rare in selector for rare in RARE)}
    assert len(usual) == len(selectors) - len(RARE)
    wait_for_answers(prometheus, {f"last_over_time({each})" if each.endswith("]") else each for each in usual})


def test_no_alert_goes_off_where_all_is_well(prometheus: Prometheus) -> None:
    assert prometheus.ask('ALERTS{alertstate="firing"}') == []


def wait_for_answers(prometheus: Prometheus, queries: set[str]) -> None:
    """Return when each has an answer; the failure names those that have none."""
    missing = set(queries)

    def answered() -> bool:
        missing.difference_update({query for query in missing if prometheus.ask(query)})
        return not missing

    try:
        wait_for("an answer to every query", answered, WITHIN)
    finally:
        assert not missing
