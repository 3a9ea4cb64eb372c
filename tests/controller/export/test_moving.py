"""What setting aside, putting back, removing and archiving each come to."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from controller.export.archives import list_archives
from controller.export.outcomes import Blocked, Finished, Missing, Moved
from controller.export.requests import ArchiveAside, PutBack, RemoveAside, SetAside
from policy.exports import Segments
from tests.controller.export.asking import NOW, PLACE, UID, archived, ask
from tests.trees import whole_tree


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
