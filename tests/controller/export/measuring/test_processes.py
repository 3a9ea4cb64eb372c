"""The processes that walk, and the controller's end of them: how they begin, how they end, and what holds them up."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from controller.export.export import ExportTiming, MountedExport
from controller.export.measuring.measuring import Measuring, worker_command
from controller.export.measuring.orders import Order, Report, read_order, read_report, write_order, write_report
from controller.export.measuring.pacing import Limits
from controller.export.measuring.turns import Turns
from controller.export.operations import SystemCalls
from controller.export.outcomes import (
    Blocked,
    Disturbed,
    ExportState,
    Measured,
    Missing,
    Outcome,
    Unavailable,
    Underway,
)
from controller.export.requests import Measure
from policy.measuring import Measuring as Settings
from tests.controller.export.asking import NOW, PLACE, UID
from tests.controller.export.measuring.counting import counted
from tests.waiting import WITHIN, eventually

REQUEST = Measure("pv", UID, PLACE)
UNLIMITED = Settings(every="1s", timeShare=100, operationsPerSecond=1_000_000)
SLOW = Settings(timeShare=100, operationsPerSecond=1)
HANGING = (sys.executable, "-c", "import sys; print({}, flush=True); sys.stdin.read()")
ENDING = (sys.executable, "-c", "")


@pytest.fixture
def large(volume: Path) -> Path:
    """A volume of more files than are looked at in one turn."""
    for number in range(200):
        (volume / f"file-{number}").touch()
    return volume


@dataclass
class Mounted:
    """An export that is measured, as in a controller; `told` are the volumes that there was news of."""

    root: Path
    settings: Settings = UNLIMITED
    leading: bool = True
    told: list[str] = field(default_factory=list)
    exports: list[MountedExport] = field(default_factory=list)

    def mount(self, command: Sequence[str] | None = None, deadline: float = 30.0) -> MountedExport:
        measuring = Measuring(command or worker_command(self.root), Turns(lambda: self.settings, longest=0.0))
        timing = ExportTiming(operation_deadline=deadline)
        export = MountedExport(self.root, SystemCalls(), timing, measuring=measuring)
        export.work_while(lambda: self.leading)
        measuring.on_news(self.told.append)
        self.exports.append(export)
        return export


@pytest.fixture
def mounted(export_root: Path) -> Iterator[Mounted]:
    mounted = Mounted(export_root)
    yield mounted
    for export in mounted.exports:
        export.stop()
    assert processes(export_root) == []


def processes(root: Path) -> list[int]:
    """The processes that walk on the export."""
    found = subprocess.run(
        ["pgrep", "-f", f"measuring.worker {root}( |$)"], check=False, capture_output=True, text=True
    )
    return [int(line) for line in found.stdout.split()]


def settled(
    export: MountedExport, wanted: Callable[[Outcome], bool] = lambda o: not isinstance(o, Underway)
) -> Outcome:
    eventually(lambda: wanted(export.ask(REQUEST)))
    return export.ask(REQUEST)


def figures(outcome: Outcome) -> tuple[int, int]:
    assert isinstance(outcome, Measured), outcome
    return outcome.bytes, outcome.files


@pytest.mark.parametrize(
    "order",
    [
        Order(UID, ("team-a", "data"), 10**15, Limits(0.25, 2000)),
        Order("x", (os.fsdecode(b"\xff"), "line\nbreak", "ä"), 1, Limits(2.0, 0.5)),
    ],
)
def test_orders_come_through(order: Order) -> None:
    line = write_order(order)

    assert line.count(b"\n") == 1
    assert read_order(line) == order


@pytest.mark.parametrize(
    "result",
    [
        Measured(2**62, 3, NOW),
        Missing(),
        Blocked("it is\na link"),
        Disturbed("x"),
        Unavailable(ExportState.HANGING, "y"),
    ],
)
def test_reports_come_through(result: Outcome) -> None:
    report = Report(UID, result)  # type: ignore[arg-type]

    assert read_report(write_report(report)) == report


def test_a_volume_that_is_asked_for_is_measured_and_whoever_listens_is_told(mounted: Mounted, volume: Path) -> None:
    export = mounted.mount()

    assert export.ask(REQUEST) == Underway(0)
    eventually(lambda: mounted.told)

    assert mounted.told[0] == "pv"
    assert figures(export.ask(REQUEST)) == counted(volume)
    assert export.hanging_calls == 0


def test_it_is_measured_again_and_again_as_long_as_somebody_asks(mounted: Mounted, volume: Path) -> None:
    export = mounted.mount()
    settled(export)
    (volume / "new").write_bytes(b"x" * 70_000)

    settled(export, lambda outcome: isinstance(outcome, Measured) and figures(outcome) == counted(volume))


def test_many_volumes_are_measured_side_by_side(mounted: Mounted, export_root: Path, volume: Path) -> None:
    mounted.settings = Settings(timeShare=200, operationsPerSecond=1_000_000)
    export = mounted.mount()
    for number in range(40):
        (export_root / f"v-{number}").mkdir()
        (export_root / f"v-{number}" / "file").write_bytes(b"x" * number)
        export.ask(Measure(f"v-{number}", f"uid-{number}", (f"v-{number}",)))

    eventually(lambda: len(mounted.told) >= 40)

    assert sorted(mounted.told) == sorted(f"v-{number}" for number in range(40))
    assert export.ask(Measure("v-7", "uid-7", ("v-7",))).files == 1  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("segments", "outcome"),
    [
        pytest.param(("team-a", "nothing"), Missing(), id="nothing there"),
        pytest.param((".nfs-steward", "aside"), Blocked, id="no volume's place"),
    ],
)
def test_what_cannot_be_measured_is_said_as_an_outcome(
    mounted: Mounted, volume: Path, segments: tuple[str, ...], outcome: object
) -> None:
    export = mounted.mount()
    request = Measure("pv", UID, segments)
    eventually(lambda: not isinstance(export.ask(request), Underway))

    found = export.ask(request)

    assert found == outcome or isinstance(found, outcome)  # type: ignore[arg-type]


def test_while_somebody_else_leads_nothing_is_walked_through(mounted: Mounted, volume: Path) -> None:
    mounted.leading = False
    export = mounted.mount()
    assert export.ask(REQUEST) == Underway(0)
    threading.Event().wait(1.5)
    assert processes(mounted.root) == []

    mounted.leading = True

    assert figures(settled(export)) == counted(volume)


def test_when_the_lease_is_lost_the_walk_ends(mounted: Mounted, large: Path) -> None:
    mounted.settings = SLOW
    export = mounted.mount()
    export.ask(REQUEST)
    eventually(lambda: processes(mounted.root))

    mounted.leading = False

    eventually(lambda: processes(mounted.root) == [])


def test_an_export_that_is_stopped_ends_the_walk(mounted: Mounted, large: Path) -> None:
    mounted.settings = SLOW
    export = mounted.mount()
    export.ask(REQUEST)
    eventually(lambda: processes(mounted.root))

    export.stop()

    assert processes(mounted.root) == []


def test_a_process_that_is_held_up_is_told_as_hanging(mounted: Mounted, volume: Path) -> None:
    export = mounted.mount(HANGING, deadline=0.2)
    export.ask(REQUEST)

    eventually(lambda: export.hanging_calls == 1)
    assert export.ask(REQUEST) == Underway(0)


def test_another_process_goes_on_where_one_was_killed(mounted: Mounted, volume: Path) -> None:
    export = mounted.mount()
    settled(export)
    (first,) = processes(mounted.root)
    os.kill(first, signal.SIGKILL)
    (volume / "new").write_bytes(b"x" * 70_000)

    settled(export, lambda outcome: isinstance(outcome, Measured) and figures(outcome) == counted(volume))
    assert processes(mounted.root) != [first]


def test_processes_that_cannot_work_are_not_started_all_the_time(mounted: Mounted, volume: Path) -> None:
    export = mounted.mount(ENDING)
    export.ask(REQUEST)
    threading.Event().wait(1.0)

    assert export.ask(REQUEST) == Underway(0)
    assert export.hanging_calls == 0


def test_what_the_file_system_knows_is_not_walked_for(mounted: Mounted, volume: Path) -> None:
    export = mounted.mount()
    known = Measured(123, 4, NOW)
    export.measuring.ask_first(lambda uid, segments: known if (uid, segments) == (UID, PLACE) else None)

    assert settled(export) == known
    assert mounted.told == ["pv"]
    assert processes(mounted.root) == []


def test_a_process_ends_with_whoever_has_started_it(large: Path, export_root: Path) -> None:
    process = subprocess.Popen(worker_command(export_root), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdout:
        process.stdin.write(write_order(Order(UID, PLACE, 10**15, Limits(1.0, 0.1))))
        process.stdin.flush()
        for _ in range(3):
            assert process.stdout.readline() == b"{}\n"  # it is alive, and rests

        process.stdin.close()

        assert process.wait(WITHIN) == 0


def test_a_process_that_walks_has_no_more_in_memory_than_it_needs() -> None:
    heavy = "{'pydantic', 'kubernetes', 'cryptography', 'flask', 'urllib3'}"
    program = f"import sys, controller.export.measuring.worker; print(sorted({heavy} & set(sys.modules)))"

    told = subprocess.run([sys.executable, "-P", "-c", program], check=True, capture_output=True, text=True)

    assert told.stdout == "[]\n"
