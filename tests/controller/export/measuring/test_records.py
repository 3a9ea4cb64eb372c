"""The record of a volume: it is right or it is not believed, and it is never needed."""

import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.export.measuring.entries import Entry, Folder, Link, decode, encode
from controller.export.measuring.keeping import forget_stale
from controller.export.operations import SystemCalls
from controller.export.visit import visiting
from tests.controller.export.asking import PLACE, UID
from tests.controller.export.measuring.counting import Measurer, counted

pytestmark = pytest.mark.usefixtures("no_more_file_descriptors_than_before")

u32, u64, i64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1), st.integers(-(2**63), 2**63 - 1)
folders = st.builds(
    Folder,
    depth=u32,
    name=st.binary(max_size=255),
    inode=u64,
    changed=i64,
    looked=i64,
    newest=i64,
    blocks=u64,
    files=u64,
    folders=u32,
)
links = st.lists(st.builds(Link, u64, u64, u32), min_size=1, max_size=20).map(tuple)
entries = st.lists(folders | links, max_size=10)


@pytest.fixture
def record(export_root: Path) -> Path:
    return export_root / ".nfs-steward" / "usage" / UID


@pytest.fixture
def wide(volume: Path) -> Path:
    """A volume with several directories, and a file with two names."""
    for number in range(12):
        (volume / f"folder-{number:02}").mkdir()
        (volume / f"folder-{number:02}" / "file").write_bytes(b"x" * 1000 * number)
    os.link(volume / "file", volume / "folder-03" / "again")
    return volume


@given(entries)
def test_entries_come_back_as_they_were_written(written: list[Entry]) -> None:
    assert list(decode(b"".join(map(encode, written)))) == written


def test_nothing_is_left_beside_the_record(wide: Path, measurer: Measurer, record: Path) -> None:
    for number in range(3):
        measurer.figures()
        assert list(record.parent.iterdir()) == [record], f"after pass {number}"


def test_nobody_else_gets_at_records(volume: Path, measurer: Measurer, record: Path) -> None:
    measurer.figures()

    assert record.stat().st_mode & 0o777 == 0o600
    assert record.parent.stat().st_mode & 0o777 == 0o700


@settings(max_examples=40, deadline=None)
@given(place=st.integers(0, 1 << 20), change=st.integers(0, 255))
def test_a_record_with_a_damaged_byte_or_without_its_end_is_not_believed(
    tmp_path_factory: pytest.TempPathFactory, place: int, change: int
) -> None:
    root = tmp_path_factory.mktemp("export")
    top = root.joinpath(*PLACE)
    (top / "deeper").mkdir(parents=True)
    (top / "deeper" / "file").write_bytes(b"x" * 10_000)
    measurer = Measurer(root)
    figures = measurer.figures()
    record = root / ".nfs-steward" / "usage" / UID
    content = bytearray(record.read_bytes())
    place %= len(content)
    if change == content[place]:
        del content[place:]
    else:
        content[place] = change
    record.write_bytes(content)

    assert measurer.listed() == 2
    assert measurer.figures() == figures == counted(top)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"nfs-steward usage 2\n\0\0\0\0\0\0\0\0", id="another version"),
        pytest.param(b"nfs-steward usage 1\n\xff\xff\xff\xff\0\0\0\0", id="a block that would fill memory"),
        pytest.param(b"{}" * 100_000, id="something else"),
    ],
)
def test_what_is_no_record_of_ours_is_replaced(wide: Path, measurer: Measurer, record: Path, content: bytes) -> None:
    measurer.figures()
    record.write_bytes(content)

    assert measurer.figures() == counted(wide)
    assert measurer.listed() == 0


def test_an_empty_record_that_says_it_is_whole_holds_nothing(wide: Path, measurer: Measurer, record: Path) -> None:
    measurer.figures()
    record.write_bytes(b"nfs-steward usage 1\n\0\0\0\0\0\0\0\0")

    assert measurer.figures() == counted(wide)


class Refusing(SystemCalls):
    """An export on which nothing can be written."""

    def __init__(self, number: int) -> None:
        self._number = number

    def make_child(self, *_: object) -> None:
        self._refuse()

    def create_file(self, *_: object) -> int:
        return self._refuse()

    def write(self, *_: object) -> int:
        return self._refuse()

    def _refuse(self) -> NoReturn:
        raise OSError(self._number, "refused by the test")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("known", [False, True], ids=["never measured", "measured before"])
def test_what_cannot_be_written_down_is_measured_all_the_same(
    wide: Path, measurer: Measurer, number: int, known: bool
) -> None:
    if known:
        measurer.figures()
    (wide / "folder-05" / "new").write_bytes(b"x" * 5000)
    measurer.operations = Refusing(number)

    assert measurer.figures() == counted(wide)


def test_where_our_area_is_open_to_others_volumes_are_measured_without_it(
    wide: Path, export_root: Path, measurer: Measurer, record: Path
) -> None:
    (export_root / ".nfs-steward").mkdir(mode=0o777)
    (export_root / ".nfs-steward").chmod(0o777)

    assert measurer.figures() == counted(wide)
    assert not record.exists()


def test_records_of_volumes_that_are_gone_go_after_three_times_as_long_as_one_can_be_of_use(
    volume: Path, export_root: Path, measurer: Measurer, record: Path
) -> None:
    measurer.figures()
    stale = record.with_name("another")
    stale.write_bytes(b"")
    now = datetime.now(UTC)
    os.utime(stale, ((now - timedelta(hours=73)).timestamp(),) * 2)
    os.utime(record, ((now - timedelta(hours=71)).timestamp(),) * 2)

    with visiting(SystemCalls(), export_root) as visit:
        forget_stale(visit, now, timedelta(hours=24))

    assert list(record.parent.iterdir()) == [record]


def test_where_nothing_was_ever_measured_nothing_is_forgotten(export_root: Path) -> None:
    with visiting(SystemCalls(), export_root) as visit:
        forget_stale(visit, datetime.now(UTC), timedelta(hours=24))

    assert list(export_root.iterdir()) == []
