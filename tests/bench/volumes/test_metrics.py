"""Reading what a program says of itself."""

import pytest

from bench.volumes.metrics import parse_metrics, read_metrics

PAGE = """\
# HELP nfs_steward_leading 1 while we hold the duty's Lease
# TYPE nfs_steward_leading gauge
nfs_steward_leading{duty="cluster"} 0.0
nfs_steward_leading{duty="export-main"} 1.0
# HELP nfs_steward_objects_settled_total Objects dealt with, by what came of it
# TYPE nfs_steward_objects_settled_total counter
nfs_steward_objects_settled_total{duty="export-main",kind="pod",verdict="settled"} 20.0
nfs_steward_objects_settled_total{duty="export-main",kind="volume",verdict="settled"} 3.0
"""


@pytest.mark.parametrize(
    ("name", "labels", "total"),
    [
        pytest.param("nfs_steward_objects_settled_total", {}, 23, id="all of them"),
        pytest.param("nfs_steward_objects_settled_total", {"kind": "pod"}, 20, id="those with a label"),
        pytest.param("nfs_steward_leading", {"duty": "cluster"}, 0, id="one that is zero"),
        pytest.param("nfs_steward_unknown", {}, 0, id="none"),
    ],
)
def test_samples_are_added_up_by_name_and_labels(name: str, labels: dict[str, str], total: float) -> None:
    assert parse_metrics(PAGE).total(name, **labels) == total


def test_nobody_there_is_no_reading() -> None:
    assert read_metrics("http://127.0.0.1:9/metrics") is None
