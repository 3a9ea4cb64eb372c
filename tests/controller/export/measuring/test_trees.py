"""What is measured of a tree, beside `du` and beside a plain count: at first, and after changes."""

import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.export.outcomes import Blocked, Measured, Missing
from tests.controller.export.asking import PLACE
from tests.controller.export.measuring.counting import Clock, Measurer, counted

needs_another_user = pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")

pytestmark = pytest.mark.usefixtures("no_more_file_descriptors_than_before")


def by_du(top: Path) -> int:
    """Bytes, as du(1) counts them."""
    told = subprocess.run(["du", "-s", "-x", "--block-size=1", str(top)], check=True, capture_output=True, text=True)
    return int(told.stdout.split()[0])


def entries_by_find(top: Path) -> int:
    """Entries that are no directories, each file once, as find(1) lists them."""
    told = subprocess.run(
        ["find", str(top), "-xdev", "!", "-type", "d", "-printf", "%i\\n"], check=True, capture_output=True, text=True
    )
    return len(set(told.stdout.split()))


def plant_everything(top: Path) -> None:
    """A tree with one of each kind of what file systems hold."""
    (top / "full").write_bytes(b"x" * 100_000)
    with (top / "sparse").open("wb") as sparse:
        sparse.seek(1 << 30)
        sparse.write(b"x")
    (top / "empty").touch()
    (top / "link to a directory").symlink_to("/etc")
    (top / "link to nowhere").symlink_to("x" * 1000)
    os.mkfifo(top / "fifo")
    os.mknod(top / "socket", stat.S_IFSOCK | 0o600)
    (top / "deeper" / "still").mkdir(parents=True)
    os.link(top / "full", top / "deeper" / "full again")
    os.link(top / "full", top / "deeper" / "still" / "and again")
    os.link(top / "link to nowhere", top / "deeper" / "linked link")
    (top / "deeper" / ("n" * 255)).write_bytes(b"x" * 5000)
    Path(os.fsdecode(os.fsencode(top) + b"/not \xff utf-8")).mkdir()
    Path(os.fsdecode(os.fsencode(top) + b"/not \xff utf-8/\xfe")).write_bytes(b"x" * 9000)
    (top / "line\nbreak").touch()


def test_everything_counts_as_du_and_find_have_it(volume: Path, measurer: Measurer) -> None:
    plant_everything(volume)

    assert measurer.figures() == (by_du(volume), entries_by_find(volume)) == counted(volume)


def test_it_is_the_same_when_nothing_is_looked_at_again(volume: Path, measurer: Measurer) -> None:
    plant_everything(volume)
    first = measurer.figures()

    assert measurer.listed() == 0
    assert measurer.figures() == first


def test_a_volume_with_nothing_in_it_takes_what_its_directory_takes(export_root: Path, measurer: Measurer) -> None:
    (export_root / "empty").mkdir()

    result = measurer(("empty",))

    assert isinstance(result, Measured)
    assert (result.bytes, result.files) == (by_du(export_root / "empty"), 0)


def test_a_volume_that_is_not_there_is_missing(export_root: Path, measurer: Measurer) -> None:
    assert measurer(("team-a", "nothing")) == Missing()


@pytest.mark.parametrize(
    ("segments", "why"),
    [
        pytest.param((), "root", id="the root"),
        pytest.param((".nfs-steward", "aside"), "own", id="our own area"),
        pytest.param(("..",), "..", id="the way out"),
        pytest.param(("link",), "symbolic link", id="a link"),
        pytest.param(("link", "etc"), "symbolic link", id="a link on the way"),
        pytest.param(("file",), "no directory", id="a file"),
    ],
)
def test_what_is_no_volumes_place_is_never_measured(
    export_root: Path, measurer: Measurer, segments: tuple[str, ...], why: str
) -> None:
    (export_root / "link").symlink_to("/")
    (export_root / "file").touch()

    result = measurer(segments)

    assert isinstance(result, Blocked)
    assert why in result.why


@needs_another_user
def test_what_we_may_not_look_into_counts_as_a_directory_and_no_more(everybodys_root: Path) -> None:
    open_one, closed = everybodys_root / "v" / "open", everybodys_root / "v" / "closed"
    for folder in (open_one, closed):
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x" * 50_000)
    before = by_du(everybodys_root / "v")
    closed.chmod(0)
    measure = Measurer(everybodys_root)
    os.seteuid(65534)
    try:
        result, again = measure(("v",)), measure(("v",))
    finally:
        os.seteuid(0)

    assert isinstance(result, Measured)
    assert result.files == 1
    assert result.bytes == before - (closed / "file").stat().st_blocks * 512
    assert isinstance(again, Measured)
    assert (again.bytes, again.files) == (result.bytes, result.files)


@needs_another_user
def test_what_was_closed_is_counted_when_it_is_opened(everybodys_root: Path) -> None:
    closed = everybodys_root / "v" / "closed"
    (closed / "deeper").mkdir(parents=True)
    (closed / "file").write_bytes(b"x" * 50_000)
    closed.chmod(0)
    measure = Measurer(everybodys_root)
    os.seteuid(65534)
    try:
        measure(("v",))
        os.seteuid(0)
        closed.chmod(0o755)
        os.seteuid(65534)
        result = measure(("v",))
    finally:
        os.seteuid(0)

    assert isinstance(result, Measured)
    assert (result.bytes, result.files) == counted(everybodys_root / "v")


def test_a_file_that_grows_in_place_is_seen_at_the_next_pass_while_it_is_young(
    volume: Path, measurer: Measurer
) -> None:
    measurer.clock = Clock(ahead=60 * 10**9)
    (volume / "log").write_bytes(b"x" * 5000)
    measurer.figures()
    with (volume / "log").open("ab") as log:
        log.write(b"x" * 500_000)
    measurer.clock = Clock(ahead=125 * 10**9)

    assert measurer.figures() == counted(volume)


def test_a_file_that_grows_after_a_long_rest_is_seen_when_everything_is_looked_at_again(
    volume: Path, measurer: Measurer
) -> None:
    (volume / "log").write_bytes(b"x" * 5000)
    before = measurer.figures()
    with (volume / "log").open("ab") as log:
        log.write(b"x" * 500_000)

    assert measurer.figures() == before
    measurer.full_every = 1
    assert measurer.figures() == counted(volume)


def test_only_what_has_changed_is_looked_at_again(volume: Path, measurer: Measurer) -> None:
    for number in range(20):
        (volume / f"folder-{number:02}" / "deeper").mkdir(parents=True)
    measurer.figures()
    (volume / "folder-07" / "new").write_bytes(b"x" * 5000)

    assert measurer.listed() == 1
    assert measurer.figures() == counted(volume)


@pytest.mark.parametrize("gone", ["folder-00", "folder-07", "folder-19"])
def test_where_a_directory_is_gone_those_beside_it_are_not_looked_at_again(
    volume: Path, measurer: Measurer, gone: str
) -> None:
    for number in range(20):
        (volume / f"folder-{number:02}" / "deeper").mkdir(parents=True)
    measurer.figures()
    shutil.rmtree(volume / gone)

    assert measurer.listed() == 1
    assert measurer.figures() == counted(volume)


def test_a_new_name_of_an_old_file_counts_nothing_where_the_old_names_directory_rests(
    volume: Path, measurer: Measurer
) -> None:
    (volume / "a").mkdir()
    (volume / "a" / "file").write_bytes(b"x" * 100_000)
    (volume / "b").mkdir()
    before = measurer.figures()
    os.link(volume / "a" / "file", volume / "b" / "file")

    assert measurer.figures() == before == counted(volume)
    (volume / "a" / "file").unlink()
    assert measurer.figures() == before == counted(volume)


def test_a_file_with_names_in_other_volumes_does_not_have_everything_looked_at_every_time(
    volume: Path, measurer: Measurer
) -> None:
    (volume / "shared").write_bytes(b"x" * 100_000)
    os.link(volume / "shared", volume.parent / "elsewhere")
    measurer.figures()
    (volume / "new").touch()

    assert measurer.listed() == 1
    assert measurer.figures() == counted(volume)


class Changes:
    """Does to a tree whatever it is told by numbers: every change leaves a change of some directory."""

    def __init__(self, top: Path) -> None:
        self.top = top

    def apply(self, kind: int, first: int, second: int) -> None:
        match kind % 7:
            case 0:
                self._write(first, second)
            case 1:
                self._make(first)
            case 2:
                self._link(first, second)
            case 3:
                self._move(first, second)
            case 4:
                self._remove(first)
            case 5:
                self._symlink(first)
            case _:
                self._replace(first, second)

    def _folders(self) -> list[Path]:
        return sorted([self.top, *(each for each in self.top.rglob("*") if each.is_dir() and not each.is_symlink())])

    def _files(self) -> list[Path]:
        return sorted(each for each in self.top.rglob("*") if each.is_symlink() or not each.is_dir())

    def _new(self, number: int) -> Path:
        """A name that mostly nothing has: it may, once something has been removed."""
        folders = self._folders()
        folder = folders[number % len(folders)]
        return folder / f"{len(list(folder.iterdir()))}-{number % 97}"

    def _make(self, where: int) -> None:
        place = self._new(where)
        if not os.path.lexists(place):
            place.mkdir()

    def _write(self, where: int, size: int) -> None:
        place = self._new(where)
        if not os.path.lexists(place):
            place.write_bytes(b"x" * (size % 20_000))

    def _link(self, where: int, which: int) -> None:
        files, place = self._files(), self._new(where)
        if files and not os.path.lexists(place):
            os.link(files[which % len(files)], place, follow_symlinks=False)

    def _symlink(self, where: int) -> None:
        place = self._new(where)
        if not os.path.lexists(place):
            place.symlink_to(self.top)

    def _move(self, where: int, which: int) -> None:
        everything = self._files() + self._folders()[1:]
        place = self._new(where)
        if everything and not os.path.lexists(place):
            moved = everything[which % len(everything)]
            if moved not in (place, *place.parents):
                moved.rename(place)

    def _remove(self, which: int) -> None:
        everything = self._files() + self._folders()[1:]
        if everything:
            gone = everything[which % len(everything)]
            subprocess.run(["rm", "-rf", str(gone)], check=True)

    def _replace(self, which: int, size: int) -> None:
        """Another directory where one was, of the same name."""
        folders = self._folders()[1:]
        if folders:
            place = folders[which % len(folders)]
            subprocess.run(["rm", "-rf", str(place)], check=True)
            place.mkdir()
            (place / "0").write_bytes(b"x" * (size % 9000))


numbers = st.integers(0, 1 << 16)
changes = st.lists(st.tuples(numbers, numbers, numbers), max_size=12)


@settings(max_examples=60, deadline=None)
@example([[(767, 0, 0), (0, 0, 0), (6037, 1629, 0), (1, 6382, 0)]]).via("a directory where a file of that name is")
@given(st.lists(changes, min_size=1, max_size=4))
def test_whatever_changes_from_pass_to_pass_figures_are_those_of_a_plain_count(
    passes: list[list[tuple[int, int, int]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder).joinpath(*PLACE)
        top.mkdir(parents=True)
        (top / "start").mkdir()
        measurer, changing = Measurer(Path(folder)), Changes(top)
        for some in passes:
            for change in some:
                changing.apply(*change)
            assert measurer.figures() == counted(top)
            assert measurer.listed() == 0
