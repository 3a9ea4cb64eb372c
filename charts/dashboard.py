"""Prints the chart's Grafana dashboard.

    python charts/dashboard.py > charts/nfs-steward/dashboards/nfs-steward.json

Run by `make generate`; a test fails while the file in the chart is another one, and another one asks a real Prometheus
every question that stands here. The fields are those of Grafana's dashboard JSON model:
https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
"""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, Literal

Kind = Literal["timeseries", "bargauge", "stat"]

_COLUMNS: Final = 24
_HEIGHT: Final = 8
_SCHEMA: Final = 39
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_SHARE: Final = "percentunit"


@dataclass(frozen=True, slots=True)
class Query:
    """A question in PromQL; `legend` names each answer by its labels."""

    expr: str
    legend: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture. `unit` is one of Grafana's; `width` is of 24 columns; `warn` is where it turns red, if anywhere."""

    title: str
    kind: Kind
    unit: str
    queries: tuple[Query, ...]
    width: int = 12
    warn: float | None = None
    below: bool = False
    """Whether it turns red below `warn`, rather than above it."""


def _top(share: str) -> str:
    return f"topk(20, {share})"


def _of_claims(metric: str) -> str:
    """The figures of claims, once each: for a moment two controllers may both tell them."""
    return f"max by (namespace, claim) (nfs_steward_claim_{metric})"


def _share_of_quota(unit: str) -> str:
    """With the unit as a label: a namespace may be short of bytes, of claims, or of both."""
    requested, quota = (
        f"max by (namespace, storageclass) (nfs_steward_namespace_{part}_{unit})" for part in ("requested", "quota")
    )
    return f'label_replace({requested} / {quota}, "unit", "{unit}", "", "")'


_FULLEST: Final = _top(f"{_of_claims('used_bytes')} / {_of_claims('capacity_bytes')}")
# Of claims that are there now, by what all controllers told of them one after another: one that is gone told of growth
# that may have ended since.
_GROWING: Final = _top(f"deriv({_of_claims('used_bytes')}[$__range:$__interval]) > 0 and {_of_claims('used_bytes')}")
_NEAR_QUOTA: Final = _top(f"{_share_of_quota('bytes')} or {_share_of_quota('claims')}")
_LATENCY: Final = (
    "histogram_quantile({}, sum by (le, side) (rate(nfs_steward_webhook_review_seconds_bucket[$__rate_interval])))"
)
_REVIEWS: Final = "sum by (kind) (rate(nfs_steward_webhook_reviews_total{{outcome{}}}[$__rate_interval]))"

ROWS: Final[dict[str, tuple[Panel, ...]]] = {
    "Claims": (
        Panel("Fullest claims", "bargauge", _SHARE, (Query(_FULLEST, "{{namespace}}/{{claim}}"),), warn=0.9),
        Panel("Fastest growing claims", "bargauge", "Bps", (Query(_GROWING, "{{namespace}}/{{claim}}"),)),
        Panel(
            "Namespaces near their quota (requested)",
            "bargauge",
            _SHARE,
            (Query(_NEAR_QUOTA, "{{namespace}}: {{unit}} of {{storageclass}}"),),
            warn=0.9,
        ),
        Panel(
            "Age of the oldest figure",
            "stat",
            "s",
            (Query("time() - min by (export) (nfs_steward_claim_measured_timestamp_seconds)", "{{export}}"),),
        ),
    ),
    "Exports": (
        Panel(
            "Free space",
            "timeseries",
            "bytes",
            (Query("sort(min by (export) (nfs_steward_export_free_bytes))", "{{export}}"),),
        ),
        Panel(
            "State",
            "stat",
            "none",
            (Query("max by (export, state) (nfs_steward_export_state == 1)", "{{export}}: {{state}}"),),
            width=6,
        ),
        Panel(
            "Objects waiting",
            "timeseries",
            "short",
            (Query("max by (duty) (nfs_steward_queued_objects)", "{{duty}}"),),
            width=6,
        ),
    ),
    "Webhook": (
        Panel("Reviews", "timeseries", "reqps", (Query(_REVIEWS.format('=~".+"'), "{{kind}}"),), width=6),
        Panel("Refusals", "timeseries", "reqps", (Query(_REVIEWS.format('="denied"'), "{{kind}}"),), width=6),
        Panel("Errors", "timeseries", "reqps", (Query(_REVIEWS.format('="failed"'), "{{kind}}"),), width=6, warn=0.01),
        Panel(
            "Latency",
            "timeseries",
            "s",
            (Query(_LATENCY.format("0.5"), "{{side}}, half"), Query(_LATENCY.format("0.99"), "{{side}}, 99 %")),
            width=6,
            warn=0.5,
        ),
    ),
    "Upkeep": (
        Panel(
            "Certificate days left",
            "stat",
            "d",
            (
                Query(
                    "(min(nfs_steward_webhook_certificate_expiry_timestamp_seconds) - time()) / 86400",
                    "the webhook's",
                ),
            ),
            warn=7,
            below=True,
        ),
        Panel("Who leads", "stat", "none", (Query("max by (duty) (nfs_steward_leading)", "{{duty}}"),)),
    ),
}


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana imports it."""
    return {
        "uid": "nfs-steward",
        "title": "NFS Steward",
        "description": "Claims, exports and the webhook of nfs-steward.",
        "tags": ["kubernetes", "nfs", "storage"],
        "schemaVersion": _SCHEMA,
        "editable": True,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [{"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}]
        },
        "panels": list(_laid_out()),
    }


def _laid_out() -> Iterator[dict[str, Any]]:
    """The panels one after the other, each row of them under its title."""
    ids, y = count(1), 0
    for title, panels in ROWS.items():
        yield {
            "id": next(ids),
            "type": "row",
            "title": title,
            "collapsed": False,
            "panels": [],
            "gridPos": {"x": 0, "y": y, "w": _COLUMNS, "h": 1},
        }
        y += 1
        x = 0
        for panel in panels:
            if x + panel.width > _COLUMNS:
                x, y = 0, y + _HEIGHT
            yield _drawn(panel, next(ids), {"x": x, "y": y, "w": panel.width, "h": _HEIGHT})
            x += panel.width
        y += _HEIGHT


def _drawn(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "gridPos": place,
        "datasource": _SOURCE,
        "targets": list(_targets(panel)),
        "fieldConfig": {"defaults": {"unit": panel.unit, **_colours(panel)}, "overrides": []},
        "options": _OPTIONS[panel.kind],
    }


_LAST: Final = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: Final[dict[Kind, dict[str, Any]]] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "bargauge": {"orientation": "horizontal", "displayMode": "basic", "reduceOptions": _LAST},
    "stat": {"colorMode": "value", "graphMode": "none", "textMode": "value_and_name", "reduceOptions": _LAST},
}


def _targets(panel: Panel) -> Iterable[dict[str, Any]]:
    at_once = panel.kind != "timeseries"
    for letter, query in zip("ABCDEFGH", panel.queries, strict=False):
        yield {
            "refId": letter,
            "expr": query.expr,
            "legendFormat": query.legend,
            "instant": at_once,
            "range": not at_once,
            "datasource": _SOURCE,
        }


def _colours(panel: Panel) -> dict[str, Any]:
    """Green, and red from the threshold on, or below it. Where there is none, lines get different ones, and numbers
    all the same: left to itself, Grafana has them turn red at 80.
    """
    if panel.warn is None:
        return {} if panel.kind == "timeseries" else {"color": {"mode": "fixed", "fixedColor": "blue"}}
    base, beyond = ("red", "green") if panel.below else ("green", "red")
    steps = [{"color": base, "value": None}, {"color": beyond, "value": panel.warn}]
    return {"color": {"mode": "thresholds"}, "thresholds": {"mode": "absolute", "steps": steps}}


if __name__ == "__main__":
    json.dump(dashboard(), sys.stdout, indent=2)
    print()
