"""Asking beforehand which limits an export cannot keep."""

from dataclasses import replace
from pathlib import Path

import pytest

from controller.export.limits.kinds import Limiting
from controller.export.limits.looking import objections_to_limits
from policy.parameters import QuotaKind
from tests.controller.export.limits.remembered import XFS


@pytest.mark.parametrize(
    ("kind", "options", "objected"),
    [
        pytest.param("xfs", {"prjquota"}, {QuotaKind.BTRFS}, id="one kind can be had"),
        pytest.param("xfs", set(), {QuotaKind.PROJECT, QuotaKind.BTRFS}, id="none can be had"),
        pytest.param("nfs4", set(), set(), id="over the network nobody can tell"),
    ],
)
def test_what_cannot_be_had_has_a_reason(
    export_root: Path, kind: str, options: set[str], objected: set[QuotaKind]
) -> None:
    mount = replace(XFS, kind=kind, options=frozenset(options))

    found = objections_to_limits(export_root, Limiting(mount_of=lambda _: mount))

    assert set(found) == objected
    assert all(why.startswith(f"quota: {quota} cannot be had on this export: ") for quota, why in found.items())
