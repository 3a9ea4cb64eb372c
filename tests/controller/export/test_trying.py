"""Trying to write leaves nothing behind, and tells whose things become."""

import os
import time
from pathlib import Path

import pytest

from controller.export.outcomes import ExportState, Unavailable
from controller.export.trying import SOMEBODY, WriteTrial, try_writing

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for others")


USER = 1234


def as_a_user(root: Path) -> WriteTrial | Unavailable | None:
    os.seteuid(USER)
    try:
        return try_writing(root)
    finally:
        os.seteuid(0)


def test_what_is_made_is_ours_and_goes_again(export_root: Path) -> None:
    made = try_writing(export_root)
    assert isinstance(made, WriteTrial)
    assert (made.uid, made.owner[0]) == (os.geteuid(), os.geteuid())
    assert abs(made.touched - time.time()) < 5
    assert made.place.startswith(".nfs-steward/")
    assert list(export_root.iterdir()) == []


@as_root
def test_root_gives_directories_away_and_acts_for_others(export_root: Path) -> None:
    made = try_writing(export_root)
    assert isinstance(made, WriteTrial)
    assert made.others == (SOMEBODY, 0)
    assert (made.gives_owner, made.gives_group) == (True, True)


@as_root
def test_afterwards_what_root_makes_is_roots_again(export_root: Path) -> None:
    try_writing(export_root)
    (export_root / "later").mkdir()
    assert (export_root / "later").stat().st_uid == 0


@as_root
def test_a_user_gives_nothing_away(everybodys_root: Path) -> None:
    made = as_a_user(everybodys_root)
    assert isinstance(made, WriteTrial)
    assert (made.uid, made.owner[0], made.others) == (USER, USER, None)
    assert (made.gives_owner, made.gives_group) == (False, False)
    assert list(everybodys_root.iterdir()) == []


@as_root
def test_a_root_that_is_not_ours_is_denied(everybodys_root: Path) -> None:
    everybodys_root.chmod(0o755)
    refused = as_a_user(everybodys_root)
    assert isinstance(refused, Unavailable)
    assert refused.state is ExportState.DENIED


def test_what_was_in_our_area_stays(export_root: Path) -> None:
    aside = export_root / ".nfs-steward" / "aside" / "uid"
    aside.mkdir(parents=True)
    assert isinstance(try_writing(export_root), WriteTrial)
    assert [path.name for path in (export_root / ".nfs-steward").iterdir()] == ["aside"]
    assert aside.is_dir()


def test_a_planted_area_is_not_written_to(export_root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (export_root / ".nfs-steward").symlink_to(elsewhere)
    before = elsewhere.stat().st_mtime_ns
    assert try_writing(export_root) is None
    assert elsewhere.stat().st_mtime_ns == before


def test_an_export_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    gone = try_writing(tmp_path / "gone")
    assert isinstance(gone, Unavailable)
    assert gone.state is ExportState.UNREACHABLE
