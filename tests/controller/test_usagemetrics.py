from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from controller.observed.usagetable import UsageRow, UsageTable
from controller.usagemetrics import MeasuredExport, UsageCollector

NOON = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)
ROW = UsageRow("team-a", "data", 4096, 3, 8192, NOON)


@pytest.fixture
def table() -> UsageTable:
    """What is known of one volume."""
    table = UsageTable()
    table.put("pvc-1", ROW)
    return table


def page(*exports: MeasuredExport) -> dict[str, float]:
    """What is told: series and their values."""
    collector = UsageCollector()
    for export in exports:
        collector.watch(export)
    registry = CollectorRegistry()
    registry.register(collector)
    lines = generate_latest(registry).decode().splitlines()
    return {series: float(value) for series, _, value in (each.rpartition(" ") for each in lines if each[0] != "#")}


def export(table: UsageTable, *, leading: bool = True, free: int | None = 5, name: str = "main") -> MeasuredExport:
    return MeasuredExport(name, table, lambda: leading, lambda: free)


def test_each_claim_has_its_figures(table: UsageTable) -> None:
    labels = '{claim="data",export="main",namespace="team-a"}'
    assert page(export(table)) == {
        f"nfs_steward_claim_used_bytes{labels}": 4096,
        f"nfs_steward_claim_used_files{labels}": 3,
        f"nfs_steward_claim_capacity_bytes{labels}": 8192,
        f"nfs_steward_claim_measured_timestamp_seconds{labels}": NOON.timestamp(),
        'nfs_steward_export_free_bytes{export="main"}': 5,
    }


def test_only_the_leader_tells(table: UsageTable) -> None:
    assert page(export(table, leading=False)) == {}
    assert page(export(table), export(table, leading=False, name="other")) == page(export(table))


def test_what_is_free_is_told_only_where_it_is_known(table: UsageTable) -> None:
    assert not any("free_bytes" in series for series in page(export(table, free=None)))


def test_a_volume_that_is_dropped_leaves_nothing_behind(table: UsageTable) -> None:
    table.drop("pvc-1")
    table.drop("never-there")
    assert page(export(table, free=None)) == {}
    assert list(table) == []


def test_the_oldest_figure_is_known(table: UsageTable) -> None:
    earlier = NOON.replace(hour=11)
    table.put("pvc-2", UsageRow("team-b", "data", 1, 1, 1, earlier))
    assert table.oldest == earlier
    assert UsageTable().oldest is None
