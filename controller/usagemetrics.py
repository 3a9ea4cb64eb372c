"""Metrics of what claims use, and of what is free on their exports.

Ten thousand series are read from a table when somebody asks, so that nothing has to be taken back when a claim goes.
Only the process that leads tells them: two that did would count everything twice.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from controller.observed.usagetable import UsageRow, UsageTable

_CLAIM: Final = ("namespace", "claim", "export")
_FIGURES: Final[tuple[tuple[str, str, Callable[[UsageRow], float]], ...]] = (
    ("used_bytes", "Bytes that the claim's directory takes up", lambda row: row.bytes),
    ("used_files", "Files in the claim's directory", lambda row: row.files),
    ("capacity_bytes", "Size of the claim's volume", lambda row: row.capacity),
    (
        "measured_timestamp_seconds",
        "When the claim's directory was measured, in seconds since 1970",
        lambda row: row.at.timestamp(),
    ),
)


@dataclass(frozen=True, slots=True)
class MeasuredExport:
    """An export of this process: `leading` whether it is this one's to tell of, `free` the bytes that are free on it,
    None where nobody knows.
    """

    name: str
    table: UsageTable
    leading: Callable[[], bool]
    free: Callable[[], int | None]


class UsageCollector(Collector):
    """What a registry asks for these metrics."""

    def __init__(self) -> None:
        self._exports: list[MeasuredExport] = []

    def watch(self, export: MeasuredExport) -> None:
        """Tell of this export, too."""
        self._exports.append(export)

    def collect(self) -> Iterable[Metric]:
        """See `Collector`."""
        led = [export for export in self._exports if export.leading()]
        rows = [(export.name, row) for export in led for row in export.table.rows()]
        for name, meaning, value in _FIGURES:
            family = GaugeMetricFamily(f"nfs_steward_claim_{name}", meaning, labels=_CLAIM)
            for export, row in rows:
                family.add_metric((row.namespace, row.claim, export), value(row))
            yield family
        yield from self._free(led)

    def _free(self, led: Iterable[MeasuredExport]) -> Iterator[Metric]:
        family = GaugeMetricFamily("nfs_steward_export_free_bytes", "Bytes free on the export", labels=("export",))
        for export in led:
            free = export.free()
            if free is not None:
                family.add_metric((export.name,), free)
        yield family
