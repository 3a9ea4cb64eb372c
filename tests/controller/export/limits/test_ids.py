"""The ledger of project numbers: one for each volume, never one for two."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.export.limits import ids
from controller.export.limits.projects import Usage
from controller.export.operations import ExportOperations, SystemCalls
from controller.export.visit import PlaceRefused, Visit, visiting

CALLS = SystemCalls()
LATER = 10.0**12


@contextmanager
def visited(root: Path, calls: ExportOperations = CALLS) -> Iterator[Visit]:
    with visiting(calls, root) as visit:
        yield visit


def taken(root: Path, holder: str, usages: dict[int, Usage] | None = None, calls: ExportOperations = CALLS) -> int:
    with visited(root, calls) as visit:
        return ids.take(visit, holder, usages or {})


def entries(root: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (root / ".nfs-steward" / "projects").iterdir()}


def test_a_holder_has_one_number_however_often_it_asks(export_root: Path) -> None:
    numbers = {taken(export_root, "claim-uid") for _ in range(3)}

    assert entries(export_root) == {str(number): "claim-uid" for number in numbers}
    assert len(numbers) == 1


@settings(max_examples=20, deadline=None)
@given(holders=st.sets(st.uuids().map(str), max_size=30))
def test_no_two_holders_have_the_same_number(tmp_path_factory: pytest.TempPathFactory, holders: set[str]) -> None:
    root = tmp_path_factory.mktemp("export")
    numbers = [taken(root, holder) for holder in holders]

    assert len(set(numbers)) == len(holders)
    assert all(ids.FIRST <= number < ids.FIRST + ids.COUNT for number in numbers)


def test_a_number_that_is_taken_is_left_to_its_holder(export_root: Path) -> None:
    first = taken(export_root, "claim-uid")
    with visited(export_root) as visit:
        ids.give_back(visit, first)
    (export_root / ".nfs-steward" / "projects" / str(first)).write_text("other")

    second = taken(export_root, "claim-uid")

    assert second != first
    (export_root / ".nfs-steward" / "projects" / str(first)).unlink()
    assert taken(export_root, "claim-uid") == second


def test_a_number_that_somebody_else_uses_on_the_file_system_is_not_taken(export_root: Path) -> None:
    own = taken(export_root, "claim-uid")
    with visited(export_root) as visit:
        ids.give_back(visit, own)

    assert taken(export_root, "claim-uid", {own: Usage(4096, 1, 0)}) != own
    assert taken(export_root, "other", {}) != own


def test_where_every_number_that_it_may_have_is_taken_that_is_said(export_root: Path) -> None:
    used: dict[int, Usage] = {}
    for _ in range(8):
        used[taken(export_root, "claim-uid", used)] = Usage(0, 1, 0)
        for name in entries(export_root):
            (export_root / ".nfs-steward" / "projects" / name).unlink()

    with pytest.raises(PlaceRefused, match="no project number is free"):
        taken(export_root, "claim-uid", used)


def test_dying_at_any_step_leaves_no_number_to_two_and_none_lost(
    tmp_path: Path, mortal_calls: Callable[[int], SystemCalls], death: type[BaseException]
) -> None:
    for lives in count():
        root = tmp_path / str(lives)
        root.mkdir()
        try:
            first = taken(root, "claim-uid", calls=mortal_calls(lives))
        except death:
            number = taken(root, "claim-uid")
            whole = {name: holder for name, holder in entries(root).items() if not name.startswith("draft-")}
            assert whole == {str(number): "claim-uid"}
            with visited(root) as visit:
                assert list(ids.old(visit, LATER)) == [number]
            assert entries(root) == {str(number): "claim-uid"}
        else:
            assert entries(root) == {str(first): "claim-uid"}
            return


PROCESS = """
import sys
from pathlib import Path
from controller.export.limits import ids
from controller.export.operations import SystemCalls
from controller.export.visit import visiting

root = Path(sys.argv[1])
sys.stdin.read(1)
with visiting(SystemCalls(), root) as visit:
    print([ids.take(visit, f"claim-{number}", {}) for number in range(100)])
"""


def test_two_processes_at_once_give_each_holder_the_same_number(export_root: Path) -> None:
    command = [sys.executable, "-c", PROCESS, str(export_root)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in processes:
        assert process.stdin
        process.stdin.write("g")
        process.stdin.flush()
    first, second = (process.communicate(timeout=120)[0] for process in processes)

    assert first == second
    assert len(entries(export_root)) == 100


@pytest.mark.parametrize(
    ("now", "is_old"),
    [pytest.param(LATER, True, id="long ago"), pytest.param(0.0, False, id="its directory may be on its way")],
)
def test_a_number_is_old_when_it_was_given_long_ago(export_root: Path, now: float, is_old: bool) -> None:
    number = taken(export_root, "claim-uid")
    with visited(export_root) as visit:
        assert list(ids.old(visit, now)) == [number] * is_old


def test_what_a_death_has_left_of_an_entry_goes_when_it_is_old(export_root: Path) -> None:
    taken(export_root, "claim-uid")
    draft = export_root / ".nfs-steward" / "projects" / "draft-0"
    draft.touch()
    os.utime(draft, (0, 0))

    with visited(export_root) as visit:
        list(ids.old(visit, 10.0**6))

    assert not draft.exists()


def test_a_file_of_another_name_among_them_is_no_number(export_root: Path) -> None:
    taken(export_root, "claim-uid")
    (export_root / ".nfs-steward" / "projects" / "README").touch()

    with visited(export_root) as visit:
        assert "README" not in {str(each) for each in ids.old(visit, LATER)}
