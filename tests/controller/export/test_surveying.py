"""What lies on an export is looked at without following anything that was planted there."""

from pathlib import Path

import pytest

from controller.export.surveying import FolderSeen, Survey, folder_seen, survey
from policy.exports import Segments
from policy.ownership import Ownership


def lay_out(root: Path, *paths: str) -> None:
    """Make directories; our own area among them as it has to be."""
    for path in paths:
        (root / path).mkdir(parents=True)
    if (root / ".nfs-steward").exists():
        (root / ".nfs-steward").chmod(0o700)


@pytest.mark.parametrize(
    ("there", "known", "found"),
    [
        pytest.param([], set(), Survey(), id="nothing"),
        pytest.param(["a", "b/c"], {("a",), ("b", "c")}, Survey(), id="all that is known, and nothing else"),
        pytest.param([], {("a",)}, Survey(missing={("a",): "nothing is there"}), id="a directory is missing"),
        pytest.param(
            [], {("a", "b")}, Survey(missing={("a", "b"): "nothing is there"}), id="what it lies in is missing, too"
        ),
        pytest.param(["a"], set(), Survey(strange=(("a",),)), id="a directory is nobody's"),
        pytest.param(["a/b"], set(), Survey(strange=(("a",),)), id="what lies in it is not told"),
        pytest.param(["a/b", "a/c"], {("a", "b")}, Survey(strange=(("a", "c"),)), id="beside a known one"),
        pytest.param(["a/b/c"], {("a",)}, Survey(), id="what lies in a known one is its owner's"),
        pytest.param(["lost+found", ".snapshot"], set(), Survey(), id="the file system's own"),
        pytest.param([".nfs-steward/aside/uid-1"], set(), Survey(aside=("uid-1",)), id="something was set aside"),
        pytest.param([".nfs-steward/doomed/x"], set(), Survey(), id="our own area"),
    ],
)
def test_what_is_there_is_compared_with_what_is_known(
    export_root: Path, there: list[str], known: set[Segments], found: Survey
) -> None:
    lay_out(export_root, *there)
    assert survey(export_root, frozenset(known)) == found


def test_links_lead_nowhere(export_root: Path, tmp_path: Path) -> None:
    lay_out(tmp_path, "elsewhere/secret")
    lay_out(export_root, "team")
    for link in ("team/link", "planted", ".nfs-steward"):
        (export_root / link).symlink_to(tmp_path / "elsewhere")
    found = survey(export_root, frozenset({("team", "link"), ("team", "link", "secret"), ("planted",)}))
    assert set(found.missing.values()) == {"a symbolic link or no directory is on its way"}
    assert len(found.missing) == 3
    assert (found.strange, found.aside) == ((), ())
    assert found.area == "is a symbolic link or no directory"


def test_an_area_that_others_get_into_is_told(export_root: Path) -> None:
    (export_root / ".nfs-steward").mkdir()
    (export_root / ".nfs-steward").chmod(0o750)
    assert survey(export_root, frozenset()).area == "has mode 0750, so that others get in"


def test_files_are_nobodys_directory(export_root: Path) -> None:
    (export_root / "file").touch()
    assert survey(export_root, frozenset({("file",)})).missing == {
        ("file",): "a symbolic link or no directory is on its way"
    }


def test_a_name_that_is_no_utf8_is_told_like_any_other(export_root: Path) -> None:
    name = b"\xff\xfe"
    (export_root / name.decode("utf-8", "surrogateescape")).mkdir()
    ((strange,),) = survey(export_root, frozenset()).strange
    assert strange.encode("utf-8", "surrogateescape") == name


def test_a_survey_changes_nothing(export_root: Path) -> None:
    lay_out(export_root, "a/b")
    before = {path: path.stat().st_ctime_ns for path in (export_root, *export_root.rglob("*"))}
    survey(export_root, frozenset({("a", "c")}))
    assert {path: path.stat().st_ctime_ns for path in (export_root, *export_root.rglob("*"))} == before


def test_a_folder_tells_mode_owner_and_file_system(export_root: Path) -> None:
    export_root.chmod(0o1777)
    status = export_root.stat()
    seen = folder_seen(export_root)
    assert seen.state == Ownership(0o1777, status.st_uid, status.st_gid)
    assert seen.file_system
    assert folder_seen(Path("/proc")).file_system == "proc"


@pytest.mark.parametrize(
    ("file_system", "remote"),
    [
        pytest.param("nfs", True, id="NFSv3"),
        pytest.param("nfs4", True, id="NFSv4"),
        pytest.param("ext4", False, id="a disk"),
        pytest.param("", False, id="not known"),
    ],
)
def test_only_over_nfs_does_a_server_decide(file_system: str, remote: bool) -> None:
    assert FolderSeen(Ownership(0, 0, 0), file_system).is_remote is remote
