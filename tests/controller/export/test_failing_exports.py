"""Exports that really fail: small tmpfs mounts, where the machine lets us mount; and ones that are made to hang."""

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controller.export.export import ExportTiming, MountedExport
from controller.export.operations import SystemCalls
from controller.export.outcomes import Blocked, Made, Unavailable
from controller.export.requests import MakeDirectory
from policy.ownership import Ownership

Mount = Callable[[str], None]


class BlockingCalls(SystemCalls):
    """Real system calls that wait at the door while it is shut."""

    def __init__(self) -> None:
        self.door = threading.Event()

    def open_root(self, root: Path) -> int:
        self.door.wait()
        return super().open_root(root)


@pytest.fixture
def blocking_calls() -> Iterator[BlockingCalls]:
    calls = BlockingCalls()
    yield calls
    calls.door.set()


@pytest.fixture
def tmpfs(export_root: Path) -> Iterator[Mount]:
    """Mounts (or remounts) a tmpfs with the given options at the export's root."""

    def mount(options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(export_root)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"a tmpfs cannot be mounted here: {done.stderr.strip()}")

    yield mount
    subprocess.run(["umount", str(export_root)], check=False, capture_output=True)


class Announcements:
    """What an export said of its recovery."""

    def __init__(self) -> None:
        self.recovered = threading.Event()

    def export(self, root: Path, calls: SystemCalls) -> MountedExport:
        export = MountedExport(root, calls, ExportTiming(operation_deadline=0.05, probe_deadline=0.05))
        export.health.on_recovery(self.recovered.set)
        return export


@pytest.fixture
def announcements() -> Announcements:
    return Announcements()


def test_a_full_export_says_so_and_recovers(
    export_root: Path, tmpfs: Mount, announcements: Announcements, wish: Ownership
) -> None:
    tmpfs("nr_inodes=2,mode=0777")
    export = announcements.export(export_root, SystemCalls())

    assert isinstance(export.ask(MakeDirectory(("one",), wish)), Made)
    outcome = export.ask(MakeDirectory(("two",), wish))
    assert isinstance(outcome, Unavailable)
    assert (outcome.state, export.health.state) == ("full", "full")
    export.probe()
    assert export.health.state == "full"

    (export_root / "one").rmdir()
    assert isinstance(export.ask(MakeDirectory(("two",), wish)), Made)
    assert export.health.state == "ok"
    assert announcements.recovered.is_set()


def test_a_full_export_is_seen_by_the_probe_alone(
    export_root: Path, tmpfs: Mount, announcements: Announcements
) -> None:
    tmpfs("size=4k,mode=0777")
    (export_root / "file").write_bytes(b"x" * 4096)
    export = announcements.export(export_root, SystemCalls())

    export.probe()

    assert export.health.trouble == Unavailable("full", "no block is free")


def test_a_read_only_export_says_so_and_recovers(
    export_root: Path, tmpfs: Mount, announcements: Announcements, wish: Ownership
) -> None:
    tmpfs("ro")
    export = announcements.export(export_root, SystemCalls())

    assert export.ask(MakeDirectory(("data",), wish)) == Unavailable("read-only", "EROFS: Read-only file system")
    export.probe()
    assert export.health.trouble == Unavailable("read-only", "it is mounted read-only")

    tmpfs("remount,rw")
    export.probe()
    assert export.health.state == "ok"
    assert announcements.recovered.is_set()


def test_a_hanging_export_lets_its_callers_go_and_recovers(
    export_root: Path, blocking_calls: BlockingCalls, announcements: Announcements, wish: Ownership
) -> None:
    export = announcements.export(export_root, blocking_calls)

    outcome = export.ask(MakeDirectory(("data",), wish))
    assert isinstance(outcome, Unavailable)
    assert outcome.state == "hanging"
    export.probe()
    assert export.health.state == "hanging"
    assert export.hanging_calls == 2

    blocking_calls.door.set()
    while export.hanging_calls:
        threading.Event().wait(0.005)
    export.probe()
    assert export.health.state == "ok"
    assert announcements.recovered.is_set()
    assert (export_root / "data").is_dir()


def test_a_missing_mount_point_is_unreachable(tmp_path: Path, announcements: Announcements) -> None:
    export = announcements.export(tmp_path / "missing", SystemCalls())

    export.probe()

    assert export.health.trouble == Unavailable("unreachable", "ENOENT: No such file or directory")


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_an_export_that_denies_us_says_so(everybodys_root: Path, announcements: Announcements, wish: Ownership) -> None:
    everybodys_root.chmod(0o755)
    export = announcements.export(everybodys_root, SystemCalls())
    os.seteuid(65534)
    try:
        outcome = export.ask(MakeDirectory(("data",), wish))
        export.probe()
    finally:
        os.seteuid(0)

    assert outcome == Unavailable("denied", "EACCES: Permission denied to uid 65534")
    assert export.health.trouble == Unavailable("denied", "no right to write in its root for uid 65534")


def test_what_blocks_one_path_says_nothing_of_the_export(
    export_root: Path, announcements: Announcements, wish: Ownership
) -> None:
    (export_root / "trap").symlink_to("/")
    export = announcements.export(export_root, SystemCalls())

    assert isinstance(export.ask(MakeDirectory(("trap", "data"), wish)), Blocked)
    assert export.health.state == "ok"
