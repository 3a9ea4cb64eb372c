"""Removals in the background of an export: they hold up nothing, are seen, end when they must and go on afterwards."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from controller.export.export import ExportTiming, MountedExport
from controller.export.operations import SystemCalls
from controller.export.outcomes import Finished, Kept, Made, Missing, Moved, Outcome, Underway
from controller.export.requests import KeepHouse, MakeDirectory, RemoveAside, Request, SetAside
from policy.ownership import Ownership
from tests.controller.export.asking import NOW, PLACE, UID
from tests.waiting import eventually


class Gated(SystemCalls):
    """Real system calls, of which each file's removal waits for its turn at `gate`."""

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)

    def remove_file(self, parent: int, name: str) -> None:
        self.gate.acquire()
        super().remove_file(parent, name)


@dataclass
class Lease:
    held: bool = True
    exports: list[MountedExport] = field(default_factory=list)


@pytest.fixture
def gated() -> Iterator[Gated]:
    calls = Gated()
    yield calls
    calls.gate.release(1_000_000)


@pytest.fixture
def lease() -> Lease:
    return Lease()


@pytest.fixture
def mounted(export_root: Path, lease: Lease) -> Iterator[Callable[..., MountedExport]]:
    """Mounts the export once more, as a process does that starts."""

    def mount(calls: SystemCalls | None = None, deadline: float = 30.0) -> MountedExport:
        timing = ExportTiming(operation_deadline=deadline)
        export = MountedExport(export_root, calls or SystemCalls(), timing, lambda: NOW)
        export.work_while(lambda: lease.held)
        lease.exports.append(export)
        return export

    yield mount
    for export in lease.exports:
        export.stop()


@pytest.fixture
def big(volume: Path) -> Path:
    """A volume with more files than are counted at once."""
    for number in range(200):
        (volume / f"file-{number}").touch()
    return volume


def until_told(export: MountedExport, request: Request) -> Outcome:
    told: list[Outcome] = []

    def ask() -> bool:
        told.append(export.ask(request))
        return not isinstance(told[-1], Underway)

    eventually(ask)
    return told[-1]


def test_a_removal_holds_up_nothing_and_tells_how_far_it_is(
    big: Path, mounted: Callable[..., MountedExport], gated: Gated, wish: Ownership
) -> None:
    export = mounted(gated)
    assert export.ask(SetAside(PLACE, UID)) == Moved()

    assert export.ask(RemoveAside(UID)) == Underway(0)
    assert isinstance(export.ask(MakeDirectory(("other",), wish)), Made)
    gated.gate.release(100)
    eventually(lambda: isinstance(far := export.ask(RemoveAside(UID)), Underway) and far.entries >= 64)

    gated.gate.release(1000)
    assert until_told(export, RemoveAside(UID)) == Finished(205)
    assert export.ask(RemoveAside(UID)) == Missing()


def test_a_removal_on_a_dead_server_counts_as_hanging(
    big: Path, mounted: Callable[..., MountedExport], gated: Gated
) -> None:
    mounted().ask(SetAside(PLACE, UID))
    export = mounted(gated, deadline=0.5)
    eventually(lambda: isinstance(export.ask(RemoveAside(UID)), Underway))

    eventually(lambda: export.hanging_calls == 1)
    gated.gate.release(1000)
    eventually(lambda: export.hanging_calls == 0)


def test_a_removal_ends_when_the_lease_is_lost_and_another_process_goes_on(
    big: Path, export_root: Path, mounted: Callable[..., MountedExport], gated: Gated, lease: Lease
) -> None:
    first = mounted(gated)
    first.ask(SetAside(PLACE, UID))
    first.ask(RemoveAside(UID))
    gated.gate.release(40)
    eventually(lambda: isinstance(far := first.ask(RemoveAside(UID)), Underway) and far.entries >= 32)

    lease.held = False
    gated.gate.release(1000)
    eventually(lambda: first.ask(RemoveAside(UID)) == Underway(0))
    left = list((export_root / ".nfs-steward/doomed" / UID).rglob("file-*"))
    assert len(left) > 100, "it ended long before the last file"

    first.stop()  # or what was asked of it last would go on, too
    lease.held = True
    outcome = until_told(mounted(), RemoveAside(UID))
    assert isinstance(outcome, Finished)
    assert list((export_root / ".nfs-steward/doomed").iterdir()) == []


def test_a_removal_that_a_process_has_begun_is_ended_by_keeping_house_in_the_next(
    big: Path, export_root: Path, mounted: Callable[..., MountedExport], gated: Gated
) -> None:
    first = mounted(gated)
    first.ask(SetAside(PLACE, UID))
    first.ask(RemoveAside(UID))
    first.stop()

    assert until_told(mounted(), KeepHouse()) == Kept()
    eventually(lambda: list((export_root / ".nfs-steward/doomed").iterdir()) == [])


def test_keeping_house_leaves_what_is_only_set_aside(
    big: Path, export_root: Path, mounted: Callable[..., MountedExport]
) -> None:
    export = mounted()
    export.ask(SetAside(PLACE, UID))

    assert until_told(export, KeepHouse()) == Kept(aside=frozenset({UID}))
    assert (export_root / ".nfs-steward/aside" / UID / "file-0").exists()


def test_a_small_removal_need_not_wait_for_the_end_of_a_big_one(
    big: Path, export_root: Path, mounted: Callable[..., MountedExport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.export.jobs._TURN_SECONDS", 0.0)
    asked = threading.Event()

    class Slow(SystemCalls):
        def remove_file(self, parent: int, name: str) -> None:
            asked.wait()
            super().remove_file(parent, name)

    export = mounted(Slow())
    export.ask(SetAside(PLACE, UID))
    export.ask(SetAside(("team-a", "neighbour"), "small"))
    export.ask(RemoveAside(UID))
    export.ask(RemoveAside("small"))
    asked.set()

    assert until_told(export, RemoveAside("small")) == Finished(2)
    assert until_told(export, RemoveAside(UID)) == Finished(205)
