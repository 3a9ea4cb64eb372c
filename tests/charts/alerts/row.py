"""A case: what Prometheus has collected, and what comes of one alert. The modules beside this have for every alert one
where it fires, and one where it is almost so and does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

NAMESPACE = "storage"
VALUES = {
    "exports": [{"name": "main", "server": "10.0.0.5", "path": "/nfs/data"}],
    "certificates": {"lifetime": "40h", "authorityLifetime": "400h"},
    "monitoring": {"prometheusRule": {"enabled": True}},
}
"""Of the chart whose alerts these are: certificates are late with 10 h of their lives left, or with 100 h."""

OF_THE_EXPORT = {"export": "main"}
WARNING, CRITICAL, INFO = ({"severity": severity} for severity in ("warning", "critical", "info"))


@dataclass(frozen=True, slots=True)
class Row:
    """`series` were collected every minute from the minute 0 on, in the notation of `promtool test rules`: `1x9` is a 1
    and nine more, `0+2x9` rises by 2 nine times, `_x9` is nothing nine times. At the minute `at` the alert is looked
    for: it fires once, with these `labels` and this `summary`; without a summary not at all.
    """

    alert: str
    at: int
    series: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""


def told(metric: str, pod: str, **labels: str) -> str:
    """A series that a Pod of the release tells; labels of its own go before those of the Pod, as in the monitors."""
    pairs = (f'{name}="{value}"' for name, value in {"namespace": NAMESPACE, "pod": pod, **labels}.items())
    return f"nfs_steward_{metric}{{{','.join(pairs)}}}"
