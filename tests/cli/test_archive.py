"""`nfs-steward archive list` and `expire` on real directories; restoring is tried where there is a cluster."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result

from controller.export.archiving import archive_aside
from controller.export.moving import set_aside
from controller.export.operations import SystemCalls
from controller.export.outcomes import Moved
from controller.export.requests import Archived
from controller.export.visit import visiting

Run = Callable[..., Result]
DAY = timedelta(days=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where an export is mounted, which has no archives yet."""
    (tmp_path / "export").mkdir()
    return tmp_path / "export"


@pytest.fixture
def archived(root: Path) -> Callable[..., str]:
    """Archives a directory with a file in it, so many days ago; the archive's name."""

    def archive(claim: str, days_ago: int = 0, keep_for: timedelta | None = None) -> str:
        (root / claim).mkdir()
        (root / claim / "file").write_text(claim)
        about = Archived(f"uid-{claim}", f"pvc-{claim}", "team-a", claim, (claim,), "1Gi", keep_for)
        with visiting(SystemCalls(), root) as visit:
            assert set_aside(visit, about.segments, about.volume_uid) == Moved()
            assert archive_aside(visit, about, datetime.now(UTC) - days_ago * DAY) == Moved()
        (name,) = (each for each in names(root) if f"_{about.volume_uid}_" in each)
        return name

    return archive


def names(root: Path) -> list[str]:
    return sorted(each.name for each in (root / ".nfs-steward" / "archives").iterdir())


def test_a_list_says_of_each_archive_whose_it_was_and_until_when_it_is_kept(
    run: Run, root: Path, archived: Callable[..., str]
) -> None:
    kept, limited = archived("kept"), archived("limited", days_ago=1, keep_for=30 * DAY)
    result = run("archive", "list", "--export", f"main={root}", "-o", "json")
    assert result.exit_code == 0
    first, second = json.loads(result.stdout)
    assert [first[key] for key in ("name", "namespace", "claim", "volume", "capacity", "keptUntil", "directory")] == [
        kept,
        "team-a",
        "kept",
        "pvc-kept",
        "1Gi",
        None,
        "kept",
    ]
    assert second["name"] == limited
    until, since = (datetime.fromisoformat(second[key]) for key in ("keptUntil", "archivedAt"))
    assert until - since == 30 * DAY


def test_the_table_has_a_row_for_each_archive_and_says_of_which_nobody_knows(
    run: Run, root: Path, archived: Callable[..., str]
) -> None:
    kept, damaged = archived("kept"), archived("damaged")
    (root / ".nfs-steward" / "archives" / damaged / "archive.json").write_text("{")
    result = run("archive", "list", "--export", f"main={root}")
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in result.stdout.splitlines() if "team-a" in line}
    assert "team-a/kept 1Gi" in rows[kept]
    assert rows[kept].endswith("for ever kept")
    assert "cannot be read" in rows[damaged]


def test_where_nothing_was_archived_the_list_says_so(run: Run, root: Path) -> None:
    assert run("archive", "list", "--export", f"main={root}").stdout == "There is no archive.\n"
    assert run("archive", "list", "--export", f"main={root}", "-o", "json").stdout == "[]\n"


def test_the_controller_s_pod_needs_no_options(
    run: Run, root: Path, archived: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = archived("kept")
    monkeypatch.setenv("NFS_STEWARD_EXPORT", f"main={root}")
    assert name in run("archive", "list").stdout


@pytest.mark.parametrize(
    ("options", "gone"),
    [
        pytest.param([], {"over"}, id="whose time is over"),
        pytest.param(["--older-than", "10d"], {"over", "old", "limited"}, id="and older ones, however long kept"),
        pytest.param(["--older-than", "480h"], {"over", "old"}, id="and those older than so many hours"),
        pytest.param(["--older-than", "10000d"], {"over"}, id="and older ones, of which there are none"),
    ],
)
def test_those_expire_that_are_asked_for_and_no_others(
    run: Run, root: Path, archived: Callable[..., str], options: list[str], gone: set[str]
) -> None:
    names_of = {
        "over": archived("over", days_ago=3, keep_for=2 * DAY),
        "new": archived("new"),
        "old": archived("old", days_ago=20),
        "limited": archived("limited", days_ago=12, keep_for=30 * DAY),
        "damaged": archived("damaged", days_ago=20),
    }
    (root / ".nfs-steward" / "archives" / names_of["damaged"] / "archive.json").unlink()
    result = run("archive", "expire", *options, "--export", f"main={root}", "--yes", "-o", "json")
    assert result.exit_code == 0
    assert {each["claim"] for each in json.loads(result.stdout)} == gone
    assert set(names(root)) == {name for claim, name in names_of.items() if claim not in gone}


@pytest.mark.parametrize(
    ("options", "stdin", "status"),
    [
        pytest.param(["--dry-run"], None, 0, id="dry run"),
        pytest.param([], "n\n", 1, id="no"),
        pytest.param([], "", 1, id="no answer"),
    ],
)
def test_nothing_expires_that_nobody_has_agreed_to(
    run: Run, root: Path, archived: Callable[..., str], options: list[str], stdin: str | None, status: int
) -> None:
    name = archived("over", days_ago=3, keep_for=DAY)
    result = run("archive", "expire", *options, "--export", f"main={root}", stdin=stdin)
    assert result.exit_code == status
    assert name in result.stdout
    assert names(root) == [name]


def test_an_archive_that_cannot_be_let_go_is_told(run: Run, root: Path, archived: Callable[..., str]) -> None:
    archived("over", days_ago=3, keep_for=DAY)
    (root / ".nfs-steward" / "doomed").write_text("in the way")
    result = run("archive", "expire", "--export", f"main={root}", "--yes")
    assert result.exit_code == 1
    assert "'doomed' on the way is a symbolic link or no directory" in result.stderr


@pytest.mark.parametrize("age", ["0d", "d", "-1d", "1.5d", "30", "99999999d"])
def test_an_age_is_days_or_a_duration(run: Run, root: Path, age: str) -> None:
    result = run("archive", "expire", "--older-than", age, "--export", f"main={root}")
    assert result.exit_code == 2
    assert "Invalid value" in result.stderr


def test_archives_that_cannot_be_read_are_an_error(run: Run, root: Path) -> None:
    result = run("archive", "list", "--export", f"main={root}/missing")
    assert result.exit_code == 2
    assert "the archives in" in result.stderr
