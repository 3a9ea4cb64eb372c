"""Reading what a program says of itself under `/metrics`.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from testbed.https import get


@dataclass(frozen=True, slots=True)
class Metrics:
    """One reading: the samples' values by their name and labels."""

    samples: tuple[tuple[str, Mapping[str, str], float], ...]

    def total(self, name: str, **labels: str) -> float:
        """The sum of all samples of that name with these labels, whatever others they have."""
        return sum(
            value
            for sample, has, value in self.samples
            if sample == name and all(has.get(label) == wanted for label, wanted in labels.items())
        )


def read_metrics(url: str) -> Metrics | None:
    """The metrics at an address; None while nobody answers there."""
    try:
        return parse_metrics(get(url))
    except OSError:
        return None


def parse_metrics(text: str) -> Metrics:
    """The metrics of a text in Prometheus' format."""
    families = text_string_to_metric_families(text)
    return Metrics(tuple((each.name, each.labels, each.value) for family in families for each in family.samples))
