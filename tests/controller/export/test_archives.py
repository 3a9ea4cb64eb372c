"""Archives: what they say of themselves, which of them end, and giving one back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.export.archive_record import (
    ArchiveRecord,
    RecordUnreadable,
    archive_name,
    is_expired,
    read_record,
    write_record,
)
from controller.export.archives import ArchivesUnreadable, give_up, list_archives, restore
from controller.export.outcomes import Blocked, Kept, Missing, Moved
from controller.export.requests import ArchiveAside, Archived, KeepHouse, SetAside
from tests.controller.export.asking import NOW, PLACE, UID, archived, ask
from tests.trees import whole_tree

LATER = NOW + timedelta(hours=720)

names = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)
claims = st.from_regex(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?", fullmatch=True)
records = st.builds(
    ArchiveRecord,
    archived=st.builds(
        Archived,
        volume_uid=st.uuids().map(str),
        volume=names,
        namespace=names,
        claim=claims,
        segments=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20), min_size=1).map(
            tuple
        ),
        capacity=st.sampled_from(["1Gi", "500M", "2000"]),
        keep_for=st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=36500)),
    ),
    archived_at=st.datetimes(datetime(2020, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)


@pytest.fixture
def archive(volume: Path, export_root: Path) -> Path:
    """An archive of the volume, which ends at `LATER`."""
    ask(export_root, SetAside(PLACE, UID))
    ask(export_root, ArchiveAside(archived(keep_for=timedelta(hours=720))))
    (found,) = (export_root / ".nfs-steward/archives").iterdir()
    return found


@given(records)
def test_a_record_says_what_was_written(record: ArchiveRecord) -> None:
    assert read_record(write_record(record)) == record


@given(records)
def test_an_archives_name_is_one_that_every_file_system_takes_and_holds_the_volumes_uid(record: ArchiveRecord) -> None:
    name = archive_name(record)

    assert len(name.encode()) <= 250
    assert "/" not in name
    assert f"_{record.archived.volume_uid}_" in name


@given(records, st.datetimes(datetime(2020, 1, 1), datetime(2300, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_archive_ends_when_its_time_is_over_and_never_without_one(record: ArchiveRecord, now: datetime) -> None:
    keep_for = record.archived.keep_for

    assert is_expired(record, now) == (keep_for is not None and now >= record.archived_at + keep_for)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="half"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b'{"version": 2}', id="a later version"),
        pytest.param(b'{"version": 1}', id="nothing in it"),
        pytest.param(b"\xff", id="not UTF-8"),
    ],
)
def test_a_record_that_is_not_whole_is_unreadable(content: bytes) -> None:
    with pytest.raises(RecordUnreadable):
        read_record(content)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("keepForSeconds", '"a month"'),
        ("keepForSeconds", "true"),
        ("keepForSeconds", "0"),
        ("keepForSeconds", "-1"),
        ("keepForSeconds", "1e300"),
        ("archivedAt", '"yesterday"'),
        ("archivedAt", '"2026-11-23T08:05:00"'),
        ("archivedAt", "5"),
        ("volumeUid", "null"),
        ("directory", '"team-a/data"'),
    ],
)
def test_a_record_with_a_field_that_cannot_be_meant_is_unreadable(field: str, value: str) -> None:
    whole = write_record(ArchiveRecord(archived(keep_for=timedelta(hours=1)), NOW)).decode()
    lines = [f'"{field}": {value},' if f'"{field}"' in line else line for line in whole.splitlines()]
    text = "".join(lines).replace(",}", "}")
    if field == "directory":
        text = text[: text.index('"directory"')] + f'"directory": {value},' + text[text.index('"capacity"') :]

    with pytest.raises(RecordUnreadable):
        read_record(text.encode())


def test_archives_end_when_their_time_is_over_and_nothing_else_ever(
    archive: Path, export_root: Path, volume: Path
) -> None:
    volume.mkdir()
    ask(export_root, SetAside(PLACE, "kept-for-ever"))
    ask(export_root, ArchiveAside(archived("kept-for-ever")))
    before = whole_tree(archive.parent)

    assert ask(export_root, KeepHouse(), now=LATER - timedelta(seconds=1)) == Kept()
    assert whole_tree(archive.parent) == before
    assert ask(export_root, KeepHouse(), now=LATER) == Kept(expired=1)

    assert [each.record.archived.volume_uid for each in list_archives(export_root)] == ["kept-for-ever"]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda record: record.unlink(), id="gone"),
        pytest.param(lambda record: record.write_bytes(b"\xff" * 100_000), id="overwritten"),
        pytest.param(lambda record: record.write_text(record.read_text()[:-20]), id="cut"),
        pytest.param(lambda record: (record.unlink(), record.symlink_to("/etc/hostname")), id="a link"),
        pytest.param(lambda record: (record.unlink(), record.mkdir()), id="a directory"),
    ],
)
def test_an_archive_whose_record_cannot_be_read_is_kept_and_told(
    archive: Path, export_root: Path, damage: object
) -> None:
    damage(archive / "archive.json")  # type: ignore[operator]
    before = whole_tree(archive)

    assert ask(export_root, KeepHouse(), now=LATER) == Kept(unreadable=1)

    assert whole_tree(archive) == before
    (found,) = list_archives(export_root)
    assert isinstance(found.record, RecordUnreadable)


def test_keeping_house_makes_nothing_where_nothing_is(export_root: Path) -> None:
    assert ask(export_root, KeepHouse()) == Kept()
    assert list(export_root.iterdir()) == []


def test_an_archive_is_given_back_as_it_was(archive: Path, export_root: Path, volume: Path) -> None:
    before = whole_tree(archive / "data")

    assert restore(export_root, archive.name, PLACE) == Moved()

    assert whole_tree(volume) == before
    assert list_archives(export_root) == ()
    assert restore(export_root, archive.name, PLACE) == Missing()


def test_an_archive_takes_the_place_of_a_new_volumes_empty_directory(
    archive: Path, export_root: Path, volume: Path
) -> None:
    volume.mkdir()

    assert restore(export_root, archive.name, PLACE) == Moved()
    assert (volume / "file").read_text() == "data"


@pytest.mark.parametrize("kind", ["a file", "a link", "a directory with something in it"])
def test_an_archive_is_never_put_over_anything(archive: Path, export_root: Path, volume: Path, kind: str) -> None:
    match kind:
        case "a file":
            volume.touch()
        case "a link":
            volume.symlink_to("neighbour")
        case _:
            (volume / "something").mkdir(parents=True)
    before = whole_tree(export_root)

    assert isinstance(restore(export_root, archive.name, PLACE), Blocked)
    assert whole_tree(export_root) == before


@pytest.mark.parametrize("name", ["..", "../aside", "a/b", "", "."])
def test_what_is_no_archives_name_is_neither_restored_nor_given_up(archive: Path, export_root: Path, name: str) -> None:
    before = whole_tree(export_root)

    assert isinstance(restore(export_root, name, PLACE), Blocked)
    assert isinstance(give_up(export_root, name), Blocked)
    assert whole_tree(export_root) == before


def test_an_archive_is_not_restored_into_our_own_area(archive: Path, export_root: Path) -> None:
    before = whole_tree(export_root)

    assert isinstance(restore(export_root, archive.name, (".nfs-steward", "aside", "x")), Blocked)
    assert whole_tree(export_root) == before


def test_an_archive_can_be_given_up_before_its_time(archive: Path, export_root: Path) -> None:
    assert give_up(export_root, archive.name) == Moved()
    assert list_archives(export_root) == ()
    assert give_up(export_root, archive.name) == Missing()


def test_a_record_without_data_is_no_archive_and_goes_after_a_day(archive: Path, export_root: Path) -> None:
    (archive / "data").rename(export_root / "elsewhere")

    assert list_archives(export_root) == ()
    assert ask(export_root, KeepHouse(), now=NOW + timedelta(hours=23)) == Kept()
    assert archive.exists()
    assert ask(export_root, KeepHouse(), now=NOW + timedelta(hours=25)) == Kept()
    assert not archive.exists()


def test_archives_of_an_export_that_is_not_there_cannot_be_listed(tmp_path: Path) -> None:
    with pytest.raises(ArchivesUnreadable, match="ENOENT"):
        list_archives(tmp_path / "missing")


def test_archives_in_an_area_that_is_not_ours_cannot_be_listed(export_root: Path) -> None:
    (export_root / ".nfs-steward").symlink_to("/etc")
    with pytest.raises(ArchivesUnreadable, match="symbolic link"):
        list_archives(export_root)
