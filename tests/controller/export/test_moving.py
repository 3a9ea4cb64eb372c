"""What setting aside, putting back, removing and archiving each come to."""

import os
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controller.export.archives import list_archives
from controller.export.export import MountedExport
from controller.export.operations import ExportOperations, SystemCalls
from controller.export.outcomes import Blocked, Finished, Missing, Moved, Outcome, Underway
from controller.export.requests import ArchiveAside, Archived, PutBack, RemoveAside, Request, SetAside
from policy.exports import Segments
from tests.controller.export.trees import whole_tree

NOW = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
UID = "0b1e0d5c-6f0e-4a52-9a53-000000000001"
PLACE = ("team-a", "data")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")


def archived(uid: str = UID, **changes: object) -> Archived:
    fields = {"volume": f"pvc-{uid}", "namespace": "team-a", "claim": "data", "capacity": "1Gi", "keep_for": None}
    return Archived(volume_uid=uid, segments=PLACE, **{**fields, **changes})  # type: ignore[arg-type]


def ask(root: Path, request: Request, operations: ExportOperations | None = None) -> Outcome:
    """What a request comes to in the end, in a process of its own."""
    export = MountedExport(root, operations or SystemCalls(), now=lambda: NOW)
    try:
        for _ in range(10_000):
            outcome = export.ask(request)
            if not isinstance(outcome, Underway):
                return outcome
            threading.Event().wait(0.001)
        raise AssertionError("it never ended")
    finally:
        export.stop()


@pytest.fixture
def volume(export_root: Path) -> Path:
    """A volume's directory with something in it, beside a neighbour's."""
    folder = export_root.joinpath(*PLACE)
    (folder / "deeper").mkdir(parents=True)
    (folder / "file").write_text("data")
    (folder / "deeper" / "file").write_text("more data")
    (folder / "link").symlink_to("/etc")
    (export_root / "team-a" / "neighbour").mkdir()
    (export_root / "team-a" / "neighbour" / "file").write_text("not yours")
    return folder


@pytest.fixture
def area(export_root: Path) -> Path:
    return export_root / ".nfs-steward"


def test_a_volumes_directory_is_set_aside_where_only_we_get_in(volume: Path, area: Path, export_root: Path) -> None:
    before = whole_tree(volume)

    assert ask(export_root, SetAside(PLACE, UID)) == Moved()

    assert not volume.exists()
    assert whole_tree(area / "aside" / UID) == before
    assert [stat.S_IMODE(each.stat().st_mode) for each in (area, area / "aside")] == [0o700, 0o700]


@pytest.mark.parametrize("place", [pytest.param(PLACE, id="a volume"), pytest.param(("gone", "too"), id="its parent")])
def test_what_is_not_there_is_missing_and_nothing_is_made_for_it(export_root: Path, place: Segments) -> None:
    (export_root / "team-a").mkdir()

    assert ask(export_root, SetAside(place, UID)) == Missing()
    assert [each.name for each in export_root.iterdir()] == ["team-a"]


def test_asking_twice_moves_once(volume: Path, area: Path, export_root: Path) -> None:
    ask(export_root, SetAside(PLACE, UID))
    volume.mkdir()
    (volume / "of a later volume").touch()

    assert ask(export_root, SetAside(PLACE, UID)) == Moved()
    assert (volume / "of a later volume").exists()


def test_what_was_set_aside_is_put_back_as_it_was(volume: Path, export_root: Path) -> None:
    before = whole_tree(volume)
    ask(export_root, SetAside(PLACE, UID))

    assert ask(export_root, PutBack(PLACE, UID)) == Moved()
    assert ask(export_root, PutBack(PLACE, UID)) == Moved()
    assert whole_tree(volume) == before


@pytest.mark.parametrize("kind", ["a file", "a link", "a directory with something in it"])
def test_nothing_is_put_over_what_is_there_again(volume: Path, area: Path, export_root: Path, kind: str) -> None:
    ask(export_root, SetAside(PLACE, UID))
    match kind:
        case "a file":
            volume.touch()
        case "a link":
            volume.symlink_to("neighbour")
        case _:
            (volume / "of a later volume").mkdir(parents=True)
    before = whole_tree(export_root)

    outcome = ask(export_root, PutBack(PLACE, UID))

    assert isinstance(outcome, Blocked)
    assert f".nfs-steward/aside/{UID}" in outcome.why
    assert whole_tree(export_root) == before


def test_an_empty_directory_that_was_made_meanwhile_gives_way_to_the_data(volume: Path, export_root: Path) -> None:
    before = whole_tree(volume)
    ask(export_root, SetAside(PLACE, UID))
    volume.mkdir()

    assert ask(export_root, PutBack(PLACE, UID)) == Moved()
    assert whole_tree(volume) == before


def test_what_was_never_set_aside_cannot_be_put_back(export_root: Path) -> None:
    assert ask(export_root, PutBack(PLACE, UID)) == Missing()


def test_what_was_set_aside_is_removed_and_nothing_else(volume: Path, area: Path, export_root: Path) -> None:
    ask(export_root, SetAside(PLACE, UID))
    ask(export_root, SetAside(("team-a", "neighbour"), "another-uid"))

    assert ask(export_root, RemoveAside(UID)) == Finished(5)

    assert [each.name for each in (area / "aside").iterdir()] == ["another-uid"]
    assert list((area / "doomed").iterdir()) == []
    assert ask(export_root, RemoveAside(UID)) == Missing()


def test_there_is_no_way_back_once_removal_has_begun(volume: Path, export_root: Path) -> None:
    ask(export_root, SetAside(PLACE, UID))
    ask(export_root, RemoveAside(UID))

    assert ask(export_root, PutBack(PLACE, UID)) == Missing()


def test_a_removal_that_has_begun_counts_as_set_aside_so_that_it_goes_on(
    volume: Path, area: Path, export_root: Path
) -> None:
    (area / "doomed" / UID / "half").mkdir(parents=True)
    area.chmod(0o700)
    (volume.parent / "data").rename(volume.parent / "moved")

    assert ask(export_root, SetAside(PLACE, UID)) == Moved()
    assert ask(export_root, RemoveAside(UID)) == Finished(1)


def test_an_archive_holds_the_data_and_says_what_it_is(volume: Path, area: Path, export_root: Path) -> None:
    before = whole_tree(volume)
    wanted = archived(keep_for=timedelta(hours=720))
    ask(export_root, SetAside(PLACE, UID))

    assert ask(export_root, ArchiveAside(wanted)) == Moved()
    assert ask(export_root, ArchiveAside(wanted)) == Moved()

    (archive,) = list_archives(export_root)
    assert archive.name == f"team-a_data_{UID}_20261123T080500Z"
    assert (archive.record.archived, archive.record.archived_at) == (wanted, NOW)
    assert whole_tree(area / "archives" / archive.name / "data") == before
    assert not volume.exists()


def test_nothing_to_archive_is_missing(export_root: Path) -> None:
    assert ask(export_root, ArchiveAside(archived())) == Missing()


def test_archives_of_one_name_do_not_collide(export_root: Path) -> None:
    longest = {"namespace": "n" * 63, "claim": "c" * 253}
    for number in range(3):
        export_root.joinpath("team-a", f"data-{number}").mkdir(parents=True)
        for uid in (f"{UID[:-1]}{number}", UID):
            export_root.joinpath(*PLACE).mkdir(exist_ok=True)
            ask(export_root, SetAside(PLACE, uid))
            assert ask(export_root, ArchiveAside(archived(uid, **longest))) == Moved()

    names = [archive.name for archive in list_archives(export_root)]
    assert len(names) == 6
    assert max(len(name.encode()) for name in names) <= 255


def test_an_archive_of_a_claim_with_the_longest_name_knows_all_of_it(volume: Path, export_root: Path) -> None:
    wanted = archived(namespace="n" * 63, claim="c" * 253)
    ask(export_root, SetAside(PLACE, UID))

    assert ask(export_root, ArchiveAside(wanted)) == Moved()
    assert list_archives(export_root)[0].record.archived == wanted


Flow = Callable[[ExportOperations, Path], None]


def to_removal(operations: ExportOperations, root: Path) -> None:
    ask(root, SetAside(PLACE, UID), operations)
    ask(root, RemoveAside(UID), operations)


def to_archive(operations: ExportOperations, root: Path) -> None:
    ask(root, SetAside(PLACE, UID), operations)
    ask(root, ArchiveAside(archived()), operations)


def and_back(operations: ExportOperations, root: Path) -> None:
    ask(root, SetAside(PLACE, UID), operations)
    ask(root, PutBack(PLACE, UID), operations)
