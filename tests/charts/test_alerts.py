"""Every alert of the chart, evaluated by Prometheus' own tool for tests of rules: seen to fire, and not to fire where
it is almost so.
"""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from policy.shapes import Json
from testbed.debian import MONITORING, UnpackedPackages, obtain_packages
from testbed.errors import PartUnavailable
from testbed.progress import Progress

from .alerts import certificates, controllers, room, webhook
from .alerts.row import NAMESPACE, VALUES, Row

SUBJECTS = (certificates, webhook, controllers, room)
FIRING = [row for subject in SUBJECTS for row in subject.FIRING]
QUIET = [row for subject in SUBJECTS for row in subject.QUIET]


@pytest.fixture(scope="module")
def packages() -> UnpackedPackages:
    """Prometheus' programs. Skips where they cannot be had."""
    try:
        return obtain_packages(MONITORING, Progress())
    except PartUnavailable as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="module")
def alerts(render) -> dict[str, list[Json]]:
    """The rules by the names of their alerts."""
    (group,) = render(namespace=NAMESPACE, **VALUES)["PrometheusRule", "nfs-steward"]["spec"]["groups"]
    found: dict[str, list[Json]] = {}
    for rule in group["rules"]:
        found.setdefault(rule["alert"], []).append(rule)
    return found


@pytest.fixture
def evaluated(packages: UnpackedPackages, alerts: dict[str, list[Json]], tmp_path: Path) -> Callable[[Row], str]:
    """Has a row evaluated; what the tool objects to, and nothing if all is as the row says."""

    def evaluated(row: Row) -> str:
        rules = alerts[row.alert]
        # What of an alert's text is the same each time is taken as it is.
        texts = {**rules[0]["annotations"], "summary": row.summary}
        (tmp_path / "rules.yaml").write_text(json.dumps({"groups": [{"name": "asked", "rules": rules}]}))
        (tmp_path / "row.yaml").write_text(json.dumps(as_test(row, texts)))
        command = [packages.program("promtool"), "test", "rules", tmp_path / "row.yaml"]
        ended = subprocess.run(command, env=packages.env(), capture_output=True, text=True, timeout=60, check=False)
        return f"{ended.stdout}{ended.stderr}" if ended.returncode else ""

    return evaluated


def as_test(row: Row, annotations: Json) -> Json:
    """A row as `promtool test rules` reads it:
    https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
    """
    fires = [{"exp_labels": row.labels, "exp_annotations": annotations}] if row.summary else []
    asked = {"eval_time": f"{row.at}m", "alertname": row.alert, "exp_alerts": fires}
    series = [{"series": name, "values": values} for name, values in row.series.items()]
    test = {"interval": "1m", "input_series": series, "alert_rule_test": [asked]}
    evaluated_every = "1m" if row.at < 60 else "5m"  # hours take their time
    return {"rule_files": ["rules.yaml"], "evaluation_interval": evaluated_every, "tests": [test]}


@pytest.mark.parametrize("row", FIRING)
def test_an_alert_fires_and_says_what_is_wrong(evaluated: Callable[[Row], str], row: Row) -> None:
    assert evaluated(row) == ""


@pytest.mark.parametrize("row", QUIET)
def test_where_it_is_almost_so_nobody_is_called(evaluated: Callable[[Row], str], row: Row) -> None:
    assert evaluated(row) == ""


@pytest.mark.parametrize("rows", [pytest.param(FIRING, id="firing"), pytest.param(QUIET, id="not firing")])
def test_every_alert_has_a_row(alerts: dict[str, list[Json]], rows: list) -> None:
    assert {param.values[0].alert for param in rows} == alerts.keys()


@pytest.mark.parametrize("row", [*FIRING, *QUIET])
def test_rows_are_about_what_their_alert_asks_for(alerts: dict[str, list[Json]], row: Row) -> None:
    asked = set(re.findall(r"nfs_steward_\w+", alerts[row.alert][0]["expr"]))
    assert {name.partition("{")[0] for name in row.series} <= asked
