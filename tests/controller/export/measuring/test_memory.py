"""What a walk holds in memory does not grow with what it walks through."""

import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.export.measuring import draft, sorting
from tests.controller.export.measuring.counting import Measurer, counted

SMALL, LARGE = 400, 4000
KIB = 1024


@pytest.fixture(autouse=True)
def little_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a hundred entries were as many as are held in memory, so that a few thousand are very many."""
    monkeypatch.setattr(sorting.Sorted.__init__, "__defaults__", (100,))
    monkeypatch.setattr(sorting, "_READ_AT_ONCE", 512)
    monkeypatch.setattr(draft, "BLOCK", 4096)


def files_in_one_directory(top: Path, count: int) -> None:
    for number in range(count):
        (top / f"file-{number}").touch()


def files_in_many_directories(top: Path, count: int) -> None:
    for number in range(count):
        folder = top / f"folder-{number // 40}" / f"folder-{number // 10}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file-{number}").touch()


def directories_in_one(top: Path, count: int) -> None:
    for number in range(count):
        (top / f"folder-{number}").mkdir()


def links(top: Path, count: int) -> None:
    (top / "names").mkdir()
    for number in range(count // 2):
        (top / f"file-{number}").touch()
        os.link(top / f"file-{number}", top / "names" / f"file-{number}")


def peak(measurer: Measurer, top: Path) -> int:
    """The most memory, in bytes, that measuring takes beside what was held before."""
    expected = counted(top)
    tracemalloc.start()
    try:
        assert measurer.figures() == expected
        first = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        assert measurer.figures() == expected
        second = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    return max(first, second)


@pytest.mark.parametrize("plant", [files_in_one_directory, files_in_many_directories, directories_in_one, links])
def test_ten_times_as_many_entries_take_no_more_memory(plant: Callable[[Path, int], None], tmp_path: Path) -> None:
    peaks = []
    for count in (SMALL, LARGE):
        top = tmp_path / str(count) / "team-a" / "data"
        top.mkdir(parents=True)
        plant(top, count)
        peaks.append(peak(Measurer(tmp_path / str(count)), top))
    small, large = peaks

    assert large < small + 120 * KIB
