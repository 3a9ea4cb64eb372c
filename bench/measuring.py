"""Measuring a million files in a thousand claims, beside `du -s` of the same tree: at first, and again when nothing has
changed; and how much memory it takes when one claim has ten times as many files as another.

Unthrottled, by as many processes as there are cores, as `timeShare` of 100 % for each has it. They have been started
before, as those of a controller that has been running for a while.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from bench.arena import Ground
from bench.errors import BenchError
from bench.plan import Plan
from bench.rounds import Samples, alternate
from bench.rows import Bar, Row
from controller.export.area import Folder
from controller.export.measuring.measuring import Measuring, worker_command
from controller.export.measuring.turns import Turns
from controller.export.outcomes import Measured, Outcome, Underway
from controller.export.requests import Measure
from policy.measuring import Measuring as Settings
from policy.paths import RESERVED
from testbed.supervision.identity import children

OURS: Final = "ours"
PEER: Final = "du -s"

COLD_BAR: Final = Bar(1 / 1.1, "ratio")
WARM_BAR: Final = Bar(1 / 1.5, "ratio")
AGAIN_BAR: Final = Bar(10, "ratio")
"""As ratios of rates."""

MEMORY_BAR: Final = Bar(8, "ours")
"""In MiB."""

_CLAIMS: Final = 1000
_IN_ONE_DIRECTORY: Final = 100
_ROUNDS: Final = 3
_CORES: Final = 2
_PATIENCE: Final = 600.0
_WARM_UPS: Final = tuple(f"warm-up-{number:02}" for number in range(32))
"""Volumes with nothing in them, enough for every process to get some."""

_DROP_CACHES: Final = Path("/proc/sys/vm/drop_caches")


def measure(ground: Ground, plan: Plan) -> Iterator[Row]:
    """The rows, in files a second, and the memory."""
    folder = ground.folder / "measuring"
    yield from compare(folder, plan.files, _CLAIMS, min(plan.rounds, _ROUNDS))
    shutil.rmtree(folder)
    yield memory(ground.folder / "memory", plan.files)


def compare(folder: Path, files: int, claims: int, rounds: int) -> Iterator[Row]:
    """Measure so many files in so many claims, in a new folder. Raises `BenchError` where they are not found."""
    tree = Tree(folder, files // claims * claims, claims)
    tree.plant()
    os.sync()
    yield _beside_du(tree, "warm", _warm_up, rounds, WARM_BAR)
    if os.access(_DROP_CACHES, os.W_OK):
        yield _beside_du(tree, "cold", _cool_down, rounds, COLD_BAR)
    else:
        yield Row(f"measuring {files:,} files, cold", None, None, "1/s", COLD_BAR, "only root can drop the caches")
    yield _again(tree, rounds)


@dataclass(frozen=True, slots=True)
class Tree:
    """So many files in so many claims, each with a directory of its own in `folder`."""

    folder: Path
    files: int
    claims: int

    def plant(self) -> None:
        """Make the tree."""
        for claim in self.names():
            plant_volume(self.folder / claim, self.files // self.claims)

    def names(self) -> list[str]:
        """The names of the claims' directories."""
        return [f"claim-{number:05}" for number in range(self.claims)]


def plant_volume(volume: Path, files: int) -> None:
    """Make a volume with so many empty files, a hundred in each directory."""
    for first in range(0, files, _IN_ONE_DIRECTORY):
        folder = volume / f"{first:08}"
        folder.mkdir(parents=True)
        opened = os.open(folder, os.O_RDONLY)
        for number in range(first, min(files, first + _IN_ONE_DIRECTORY)):
            os.close(os.open(f"{number:08}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, dir_fd=opened))
        os.close(opened)


def memory(folder: Path, files: int) -> Row:
    """How much more memory the largest process takes at its peak for a claim with ten times as many files."""
    peaks = []
    for count in (files // 10, files):
        volume = folder / str(count)
        plant_volume(volume, count)
        with serving(folder) as service:
            service.measure([volume.name])
            peaks.append(max(map(_peak, children()[os.getpid()])))
    small, large = peaks
    notes = f"of a process that walks: {small:.1f} MiB with {files // 10:,} files, {large:.1f} MiB with {files:,}"
    return Row("measuring, more memory for ten times as many files", large - small, None, "MiB", MEMORY_BAR, notes)


def _beside_du(tree: Tree, state: str, prepare: Callable[[Path], None], rounds: int, bar: Bar) -> Row:
    def ours() -> float:
        shutil.rmtree(tree.folder / RESERVED / Folder.USAGE, ignore_errors=True)
        with serving(tree.folder) as service:
            prepare(tree.folder)
            return tree.files / _seconds(partial(_measure_all, service, tree))

    def peer() -> float:
        prepare(tree.folder)
        return tree.files / _seconds(partial(_du, tree.folder))

    found = alternate({OURS: ours, PEER: peer}, rounds)
    notes = f"files a second in {tree.claims:,} claims; ours {found[OURS].spread()}, peer {found[PEER].spread()}"
    name = f"measuring {tree.files:,} files, {state}, beside {PEER}"
    return Row(name, found[OURS].median, found[PEER].median, "1/s", bar, notes)


def _again(tree: Tree, rounds: int) -> Row:
    """The second pass beside the first, both warm."""

    def pass_over() -> float:
        with serving(tree.folder) as service:
            return tree.files / _seconds(partial(_measure_all, service, tree))

    def first() -> float:
        shutil.rmtree(tree.folder / RESERVED / Folder.USAGE, ignore_errors=True)
        return pass_over()

    found = [(first(), pass_over()) for _ in range(rounds)]
    firsts, seconds = (Samples(values) for values in zip(*found, strict=True))
    notes = f"files a second; ours {seconds.spread()}, the first pass {firsts.spread()}"
    name = f"measuring {tree.files:,} files again, beside the first time"
    return Row(name, seconds.median, firsts.median, "1/s", AGAIN_BAR, notes)


class Service:
    """The controller's own measuring of the export in `folder`, with its processes started."""

    def __init__(self, folder: Path) -> None:
        settings = Settings(timeShare=100 * _CORES, operationsPerSecond=10_000_000)
        self._measuring = Measuring(worker_command(folder), Turns(lambda: settings, longest=0.0))
        self._news: SimpleQueue[str] = SimpleQueue()
        self._measuring.on_news(self._news.put)
        for name in _WARM_UPS:
            (folder / name).mkdir(exist_ok=True)
        self.measure(_WARM_UPS)

    def measure(self, names: Sequence[str]) -> list[Measured]:
        """What the volumes of these names hold; raises `BenchError` where one cannot be measured."""
        requests = [Measure(name, name, (name,)) for name in names]
        waiting = {request.volume for request in requests if isinstance(self._measuring.ask(request), Underway)}
        while waiting:
            waiting.discard(self._news.get(timeout=_PATIENCE))
        return [_measured(self._measuring.ask(request)) for request in requests]

    def stop(self) -> None:
        """End its processes."""
        self._measuring.stop()


@contextmanager
def serving(folder: Path) -> Iterator[Service]:
    """Such a service, which is stopped in the end."""
    service = Service(folder)
    try:
        yield service
    finally:
        service.stop()


def _measured(outcome: Outcome) -> Measured:
    if not isinstance(outcome, Measured):
        raise BenchError(f"measuring came to {outcome}")
    return outcome


def _measure_all(service: Service, tree: Tree) -> None:
    found = sum(each.files for each in service.measure(tree.names()))
    if found != tree.files:
        raise BenchError(f"{found:,} of {tree.files:,} files were found")


def _du(folder: Path) -> None:
    subprocess.run(["du", "-s", str(folder)], check=True, stdout=subprocess.DEVNULL)


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _warm_up(folder: Path) -> None:
    _du(folder)


def _cool_down(_folder: Path) -> None:
    os.sync()
    _DROP_CACHES.write_text("3")


def _peak(pid: int) -> float:
    """The most memory that a process has taken so far, in MiB (`VmHWM` in proc(5)'s status)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "VmHWM":
            return int(value.split()[0]) / 1024
    raise BenchError(f"process {pid}: no VmHWM in /proc/{pid}/status")
