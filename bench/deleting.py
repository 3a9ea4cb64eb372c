"""Deleting a volume of very many files, from the request until nothing of it is left, beside `rm -rf` of the same tree.

Both in one file system and one after the other: what a file costs there is the same for both, and is nearly all.
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from bench.arena import Ground
from bench.errors import BenchError
from bench.plan import Plan
from bench.rounds import alternate
from bench.rows import Bar, Row
from controller.export.export import MountedExport
from controller.export.operations import SystemCalls
from controller.export.outcomes import Finished, Moved, Outcome, Underway
from controller.export.requests import RemoveAside, SetAside

OURS: Final = "ours"
PEER: Final = "rm -rf"

BAR: Final = Bar(1 / 1.3, "ratio")
"""As a ratio of rates: at most 1.3 times as long."""

_IN_ONE_DIRECTORY: Final = 1000
_ROUNDS: Final = 3
_ASK_EVERY: Final = 0.05


def measure(ground: Ground, plan: Plan) -> Iterator[Row]:
    """The one row, in files a second."""
    yield compare(ground.folder / "deleting", plan.files, min(plan.rounds, _ROUNDS))


def compare(folder: Path, files: int, rounds: int) -> Row:
    """Delete so many files in as many rounds, in a new folder. Raises `BenchError` where something of them stays."""
    folder.mkdir()
    export = MountedExport(folder, SystemCalls())
    measures = {
        OURS: partial(_rate, _delete_ours, export, folder, files),
        PEER: partial(_rate, _rm, export, folder, files),
    }
    try:
        found = alternate(measures, rounds)
    finally:
        export.stop()
    ours, peer = found[OURS], found[PEER]
    notes = f"files a second; ours {ours.spread()}, peer {peer.spread()}; {_IN_ONE_DIRECTORY} in each directory"
    return Row(f"deleting {files:,} files, beside {PEER}", ours.median, peer.median, "1/s", BAR, notes)


def _rate(delete: Callable[[MountedExport, Path], None], export: MountedExport, folder: Path, files: int) -> float:
    volume = folder / "volume"
    plant(volume, files)
    os.sync()
    started = time.perf_counter()
    delete(export, volume)
    return files / (time.perf_counter() - started)


def plant(volume: Path, files: int) -> None:
    """Make a volume with so many empty files."""
    volume.mkdir()
    for first in range(0, files, _IN_ONE_DIRECTORY):
        folder = volume / f"{first:08}"
        folder.mkdir()
        opened = os.open(folder, os.O_RDONLY)
        for number in range(first, min(files, first + _IN_ONE_DIRECTORY)):
            os.close(os.open(f"{number:08}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, dir_fd=opened))
        os.close(opened)


def _delete_ours(export: MountedExport, volume: Path) -> None:
    _check(export.ask(SetAside((volume.name,), volume.name)), Moved)
    outcome = export.ask(RemoveAside(volume.name))
    while isinstance(outcome, Underway):
        time.sleep(_ASK_EVERY)
        outcome = export.ask(RemoveAside(volume.name))
    _check(outcome, Finished)


def _check(outcome: Outcome, wanted: type[Outcome]) -> None:
    if not isinstance(outcome, wanted) or (isinstance(outcome, Finished) and outcome.shortfalls):
        raise BenchError(f"deleting came to {outcome}")


def _rm(_export: MountedExport, volume: Path) -> None:
    subprocess.run(["rm", "-rf", str(volume)], check=True)
