"""Trees that somebody changes while they are walked through, to lead the walk elsewhere or to have it never end."""

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from controller.export.measuring import calls as real
from controller.export.measuring.calls import MeasuringCalls
from controller.export.measuring.descent import HELD
from controller.export.outcomes import Disturbed
from tests.controller.export.measuring.counting import Measurer, counted

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")

pytestmark = pytest.mark.usefixtures("no_more_file_descriptors_than_before")


@dataclass
class Interrupted(MeasuringCalls):
    """Real calls; `meanwhile` happens before a directory of the name `at` is opened. Remembers what was listed."""

    at: bytes
    meanwhile: Callable[[], None]
    listed: set[int] = field(default_factory=set)

    def open_folder(self, parent: int, name: bytes) -> int:
        if name == self.at:
            self.meanwhile()
        return super().open_folder(parent, name)

    def entries(self, folder: int) -> AbstractContextManager[Iterator["os.DirEntry[str]"]]:
        self.listed.add(os.fstat(folder).st_ino)
        return super().entries(folder)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    (folder / "folder").mkdir(parents=True)
    (folder / "file").write_bytes(b"x" * 200_000)
    return folder


@pytest.fixture(params=["openat2", "older kernels"])
def every_kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a kernel that knows openat2(2), and as on one that does not: no call has that number."""
    if request.param != "openat2":
        monkeypatch.setattr(real, "_OPENAT2", 100_000)


@pytest.mark.parametrize("target", ["a directory", "a file", "nothing", "the export's root"])
def test_a_link_planted_where_a_directory_was_is_not_followed(
    volume: Path, export_root: Path, outside: Path, target: str, every_kernel: None
) -> None:
    targets = {"a directory": outside, "a file": outside / "file", "nothing": outside / "no", "the export's root": "/"}

    def plant() -> None:
        shutil.rmtree(volume / "deeper")
        (volume / "deeper").symlink_to(targets[target])

    calls = Interrupted(b"deeper", plant)
    measurer = Measurer(export_root, calls)

    first = measurer.figures()

    link = os.lstat(volume / "deeper")
    assert first[0] == counted(volume)[0] - link.st_blocks * 512  # it was listed as a directory, and was none
    assert calls.listed == {volume.stat().st_ino}
    assert Measurer(export_root).figures() == counted(volume)


def test_what_disappears_while_it_is_walked_through_is_not_counted(volume: Path, export_root: Path) -> None:
    measurer = Measurer(export_root, Interrupted(b"deeper", lambda: shutil.rmtree(volume / "deeper")))

    assert measurer.figures() == counted(volume)


@needs_root
@pytest.mark.parametrize("how", [("--bind",), ("-t", "tmpfs")], ids=["a bind mount", "another file system"])
def test_a_mount_in_a_volume_is_neither_entered_nor_counted(
    volume: Path, outside: Path, export_root: Path, how: tuple[str, ...], every_kernel: None
) -> None:
    place = volume / "mounted"
    (place / "below").mkdir(parents=True)
    without = counted(volume)
    hidden = sum(each.lstat().st_blocks for each in (place, place / "below")) * 512
    command = ["mount", *how, str(outside) if "--bind" in how else "tmpfs", str(place)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"mounting does not work here: {done.stderr.strip()}")
    try:
        (place / "more").write_bytes(b"x" * 50_000)
        calls = Interrupted(b"", lambda: None)
        measurer = Measurer(export_root, calls)
        first, second = measurer.figures(), measurer.figures()
    finally:
        subprocess.run(["umount", str(place)], check=True)

    assert first == second == (without[0] - hidden, without[1])
    assert outside.stat().st_ino not in calls.listed


@pytest.fixture
def removed(volume: Path) -> Iterator[None]:
    """The volume goes at the end: pytest's own way of removing a tree does not come to the bottom of a deep one."""
    yield
    subprocess.run(["rm", "-rf", str(volume)], check=True)


@pytest.fixture
def few_file_descriptors() -> Iterator[None]:
    """Hardly more than a walk may hold."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + HELD + 16, hard))  # noqa: PTH208
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def dig(top: Path, depth: int) -> tuple[int, int]:
    """Directories in each other, with a file in each, deeper than any path reaches; their blocks, and files."""
    here, blocks = os.open(top, os.O_RDONLY), 0
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        os.mkdir("e", dir_fd=here)
        os.close(os.open("in it", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        blocks += 2 * os.stat("d", dir_fd=here).st_blocks
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    return blocks, depth


def test_a_deep_tree_costs_neither_recursion_nor_file_descriptors(
    volume: Path, measurer: Measurer, few_file_descriptors: None, removed: None
) -> None:
    before = counted(volume)
    blocks, files = dig(volume, 1500)

    expected = (before[0] + blocks * 512, before[1] + files)
    assert measurer.figures() == expected
    assert measurer.listed() == 0
    assert measurer.figures() == expected


def test_a_walk_whose_way_back_up_is_moved_says_so_and_counts_nothing_else(volume: Path, export_root: Path) -> None:
    dig(volume, HELD + 20)
    elsewhere = export_root / "elsewhere"
    elsewhere.mkdir()
    deep = volume.joinpath(*["d"] * 12)
    calls = Interrupted(b"e", lambda: os.path.lexists(deep) and os.rename(deep, elsewhere / "d"))  # noqa: PTH104

    assert isinstance(Measurer(export_root, calls)(), Disturbed)
    assert Measurer(export_root).figures() == counted(volume)
