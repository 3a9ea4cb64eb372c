"""Walks that end in the middle: the next one goes on from there, and its figures are right."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.export.measuring import draft
from controller.export.operations import SystemCalls
from tests.controller.export.asking import PLACE, UID
from tests.controller.export.measuring.counting import Listings, Measurer, counted

pytestmark = pytest.mark.usefixtures("no_more_file_descriptors_than_before")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every few directories were as much as is written at once."""
    monkeypatch.setattr(draft, "BLOCK", 300)


@pytest.fixture
def tree(volume: Path) -> Path:
    """A volume of 31 directories, three deep, with files of which some have several names."""
    for first in range(5):
        for second in range(5):
            folder = volume / f"a-{first}" / f"b-{second}"
            folder.mkdir(parents=True)
            (folder / "file").write_bytes(b"x" * 1000 * (first + second))
    os.link(volume / "a-1" / "b-1" / "file", volume / "a-4" / "b-4" / "again")
    (volume / "deeper" / "file").unlink()
    return volume


def change(tree: Path) -> None:
    """Something in every part of it."""
    (tree / "a-0" / "b-2" / "new").write_bytes(b"x" * 9000)
    (tree / "a-2" / "b-2" / "file").unlink()
    (tree / "a-3").rename(tree / "a-9")
    os.link(tree / "a-1" / "b-0" / "file", tree / "a-4" / "b-0" / "linked")


@pytest.mark.parametrize("known", [False, True], ids=["the first walk", "a later walk"])
def test_wherever_a_process_dies_the_next_one_counts_right(
    tree: Path,
    export_root: Path,
    mortal_calls: Callable[[int], SystemCalls],
    death: type[BaseException],
    known: bool,
) -> None:
    if known:
        Measurer(export_root).figures()
        change(tree)
    deaths = 0
    for lives in range(1000):
        try:
            figures = Measurer(export_root, operations=mortal_calls(lives)).figures()
        except death:
            deaths += 1
            continue
        break

    assert deaths > 5
    assert figures == counted(tree)
    assert Measurer(export_root).figures() == counted(tree)
    assert [each.name for each in (export_root / ".nfs-steward/usage").iterdir()] == [UID]


@pytest.mark.parametrize("known", [False, True], ids=["the first walk", "a later walk"])
def test_wherever_a_process_dies_and_whatever_changes_then_the_next_one_counts_right(
    tree: Path,
    export_root: Path,
    mortal_calls: Callable[[int], SystemCalls],
    death: type[BaseException],
    known: bool,
) -> None:
    for lives in range(0, 60, 3):
        if known:
            Measurer(export_root).figures()
        for other in tree.glob("a-*/b-*/changing*"):
            other.unlink()
        (tree / f"a-{lives % 3}" / f"b-{lives % 5}" / f"changing-{lives}").write_bytes(b"x" * 100 * lives)
        try:
            Measurer(export_root, operations=mortal_calls(lives)).figures()
        except death:
            (tree / "a-4" / f"b-{lives % 5}" / f"changing-{lives}").write_bytes(b"x" * 300 * lives)

        assert Measurer(export_root).figures() == counted(tree)


def test_a_walk_that_is_ended_goes_on_where_it_was(tree: Path, export_root: Path) -> None:
    whole = Listings()
    Measurer(export_root, whole).figures()
    (export_root / ".nfs-steward" / "usage" / UID).unlink()

    listed = ends = 0
    while ends < 1000:
        calls = Listings()
        measurer = Measurer(export_root, calls)
        steps = measurer.steps(PLACE, UID)
        for _ in range(40):
            if next(steps, None) is None:
                break
        else:
            steps.close()  # type: ignore[attr-defined] # it is a generator
            listed += calls.count
            ends += 1
            continue
        listed += calls.count
        break

    assert 1 < ends < 1000
    assert (measurer.result.bytes, measurer.result.files) == counted(tree)
    assert listed < 2 * whole.count
