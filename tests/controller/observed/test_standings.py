from typing import Any

import pytest

from controller.export.health import ExportHealth
from controller.export.outcomes import ExportState, Unavailable
from controller.observed.standings import Standing, export_notes, standing_of
from controller.observed.usagetable import UsageTable
from kube.clock import SystemClock
from kube.leaserecord import annotated, held_by, new_lease, released

NOW = SystemClock().now()


def lease(notes: dict[str, str]) -> Any:
    return annotated(held_by(new_lease("nfs-steward-export-main", "nfs-steward"), "somebody", 15, NOW), notes)


def said(health: ExportHealth) -> Standing:
    """What others read of what an export's controller says."""
    return standing_of(lease(dict(export_notes(health, UsageTable()))), 100.0)


def test_what_a_controller_says_is_read_elsewhere() -> None:
    health = ExportHealth(lambda: 0.0)
    assert (said(health).state, said(health).free) == ("ok", None)

    health.probed(None, 5_000_000_000_000)
    assert (said(health).state, said(health).free) == ("ok", 5_000_000_000_000)

    health.probed(Unavailable(ExportState.FULL, "no block is free"), 0)
    assert (said(health).state, said(health).free) == ("full", 0)

    health.probed(Unavailable(ExportState.HANGING, "no answer"))
    assert (said(health).state, said(health).free) == ("hanging", None)


def test_a_controller_at_the_file_system_says_which_kind_that_is() -> None:
    health = ExportHealth(lambda: 0.0)
    health.file_system = "ext4"

    assert export_notes(health, UsageTable())["nfs-steward.io/file-system"] == "ext4"


@pytest.mark.parametrize("free", ["", "much", "-1", "1e3", "9" * 21, "٣"])
def test_bytes_that_are_no_number_are_unknown(free: str) -> None:
    notes = {"nfs-steward.io/export-state": "ok", "nfs-steward.io/free-bytes": free}

    assert standing_of(lease(notes), 0.0).free is None


def test_an_export_that_says_nothing_is_not_well() -> None:
    assert standing_of(lease({}), 0.0).state == "unreachable"


def test_a_controller_is_alive_while_its_lease_is_renewed() -> None:
    standing = standing_of(lease({}), 100.0)

    assert standing.is_alive(114.0)
    assert not standing.is_alive(115.0)
    assert not standing_of(released(lease({}), NOW), 100.0).is_alive(100.0)


def test_a_lease_that_is_listed_again_unchanged_is_no_younger() -> None:
    """Or an informer that lists anew would bring the dead to life."""
    assert standing_of(lease({}), 100.0) == standing_of(lease({}), 200.0)
