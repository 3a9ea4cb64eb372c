"""Exports on this machine are looked at within deadlines."""

import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.doctor import mounted
from controller.doctor.mounted import look_at_exports
from controller.export.operations import SystemCalls
from controller.export.outcomes import ExportState
from tests.controller.doctor.objects import seen, volume


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Opening an export's root does not return, and nobody waits for long."""
    server_is_back = threading.Event()

    class Hanging(SystemCalls):
        def open_root(self, root: Path) -> int:
            server_is_back.wait()
            return super().open_root(root)

    monkeypatch.setattr(mounted, "SystemCalls", Hanging)
    monkeypatch.setattr(mounted, "_REACH_SECONDS", 0.2)
    yield
    server_is_back.set()


def test_a_healthy_export_is_seen_whole(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    (tmp_path / "stray").mkdir()
    volumes = (volume(), volume("w", "/nfs/data/w"))
    (export,) = look_at_exports({"main": tmp_path}, seen(volumes=volumes))
    assert export.trouble is None
    assert export.root is not None
    assert export.trial is not None
    assert export.survey is not None
    assert (list(export.survey.missing), export.survey.strange) == ([("w",)], (("stray",),))
    assert export.clock is not None
    assert abs(export.clock.ahead) < 5


def test_an_export_that_hangs_is_told_and_holds_up_nothing(tmp_path: Path, hanging: None) -> None:
    (export,) = look_at_exports({"main": tmp_path}, seen())
    assert export.trouble is not None
    assert export.trouble.state is ExportState.HANGING
    assert (export.root, export.trial, export.survey) == (None, None, None)


def test_an_export_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    (export,) = look_at_exports({"main": tmp_path / "gone"}, seen())
    assert export.trouble is not None
    assert export.trouble.state is ExportState.UNREACHABLE


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_an_export_that_cannot_be_written_is_looked_at_all_the_same() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "stray").mkdir()
        root.chmod(0o755)
        os.seteuid(65534)
        try:
            (export,) = look_at_exports({"main": root}, seen())
        finally:
            os.seteuid(0)
    assert export.trouble is not None
    assert export.trouble.state is ExportState.DENIED
    assert export.survey is not None
    assert export.survey.strange == (("stray",),)
