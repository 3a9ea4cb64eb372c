"""Metrics of what namespaces have asked for, beside what they may ask for: from the ResourceQuotas that we keep.

Told by the process that leads the cluster's duty, read from what it watches when somebody asks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from controller.observed.limits import LimitsRecord
from policy.errors import QuantityInvalid
from policy.quantity import parse_amount
from policy.quotas import counted
from policy.shapes import mapping

_LABELS: Final = ("namespace", "storageclass")


class LimitsCollector(Collector):
    """What a registry asks for these metrics."""

    def __init__(self) -> None:
        self._quotas: Callable[[], Iterable[LimitsRecord]] = tuple

    def watch(self, quotas: Callable[[], Iterable[LimitsRecord]]) -> None:
        """Tell of the quotas that this returns: those of all namespaces while they are ours to tell of, else none."""
        self._quotas = quotas

    def collect(self) -> Iterable[Metric]:
        """See `Collector`."""
        quotas = [quota for quota in self._quotas() if quota.used is not None]
        for claims, unit, what in ((False, "bytes", "Bytes"), (True, "claims", "Claims")):
            most = _gauge(f"quota_{unit}", f"{what} of a class that the namespace may ask for")
            asked = _gauge(f"requested_{unit}", f"{what} of a class that the namespace has asked for")
            for quota in quotas:
                used = dict(_of_classes(quota.used or {}, claims))
                for storage_class, amount in _of_classes(mapping(quota.spec, "hard"), claims):
                    if amount:
                        labels = (quota.namespace, storage_class)
                        most.add_metric(labels, amount)
                        asked.add_metric(labels, used.get(storage_class, 0.0))
            yield most
            yield asked


def _gauge(name: str, meaning: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"nfs_steward_namespace_{name}", meaning, labels=_LABELS)


def _of_classes(amounts: Mapping[str, str], claims: bool) -> Iterator[tuple[str, float]]:
    """The amounts of classes; what cannot be read is nobody's figure."""
    for name, amount in amounts.items():
        what = counted(name)
        if what is not None and what.claims is claims:
            try:
                yield what.storage_class, float(parse_amount(amount))
            except QuantityInvalid:
                continue
