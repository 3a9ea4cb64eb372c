"""`nfs-steward archive` on real directories; restoring, too, where there is a whole cluster."""

import json
from collections.abc import Callable, Iterator
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

from .apiserver import Cluster, serving

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


OTHER_HOME = "/api/v1/namespaces/storage"
OTHER_POLICY = "exports: [{name: main, server: 10.0.0.5, path: /nfs/data}]\nprofiles: [{name: default}]"


@pytest.fixture
def cluster(root: Path) -> Cluster:
    """The installation `files` is in the namespace `storage`, and there is an empty claim team-a/again."""
    (root / "again").mkdir()
    cluster = Cluster()
    cluster.objects[f"{OTHER_HOME}/configmaps/files-policy"] = {"data": {"policy.yaml": OTHER_POLICY}}
    bound = {"namespace": "team-a", "name": "again", "uid": "claim-1"}
    cluster.objects["/api/v1/namespaces/team-a/persistentvolumeclaims/again"] = {
        "metadata": bound,
        "spec": {"volumeName": "pvc-again"},
        "status": {"phase": "Bound"},
    }
    ours = {"pv.kubernetes.io/provisioned-by": "nfs-steward.io/provisioner"}
    volume = {
        "metadata": {"name": "pvc-again", "annotations": ours},
        "spec": {"nfs": {"server": "10.0.0.5", "path": "/nfs/data/again"}, "claimRef": bound},
        "status": {"phase": "Bound"},
    }
    cluster.objects["/api/v1/persistentvolumes"] = [volume]
    return cluster


@pytest.fixture
def kubeconfig(tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("NFS_STEWARD_POLICY", raising=False)
    with serving(cluster, tmp_path) as file:
        yield file


def test_an_installation_of_another_name_elsewhere_gives_its_archives_back_too(
    run: Run, root: Path, archived: Callable[..., str], kubeconfig: Path
) -> None:
    restore = ("archive", "restore", archived("kept"), "--to", "team-a/again", "--export", f"main={root}")

    unknown = run(*restore, "--kubeconfig", kubeconfig)
    assert (unknown.exit_code, names(root)) == (2, [restore[2]])

    result = run(*restore, "--name", "files", "--namespace", "storage", "--kubeconfig", kubeconfig)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"The data of {restore[2]} is in again of export main: that of claim team-a/again.\n"
    assert (names(root), (root / "again" / "file").read_text()) == ([], "kept")


def test_what_was_given_back_is_told_as_json_too(
    run: Run, root: Path, archived: Callable[..., str], kubeconfig: Path
) -> None:
    name = archived("kept")
    place = ("--to", "team-a/again", "--export", f"main={root}", "--kubeconfig", kubeconfig)
    result = run("archive", "restore", name, *place, "--name", "files", "--namespace", "storage", "-o", "json")
    assert json.loads(result.stdout) == {
        "archive": name,
        "namespace": "team-a",
        "claim": "again",
        "export": "main",
        "directory": "again",
        "group": (root / "again").stat().st_gid,
        "groupOfPods": None,
    }


@pytest.mark.parametrize("changed", [0, 7], ids=["the same", "another"])
def test_pods_that_are_put_into_another_group_than_the_data_has_are_told(
    run: Run, root: Path, archived: Callable[..., str], kubeconfig: Path, cluster: Cluster, changed: int
) -> None:
    """A namespace that was made anew has another gid, and its Pods could not get at what was its own."""
    name = archived("kept")
    group = root.stat().st_gid
    (volume,) = cluster.objects["/api/v1/persistentvolumes"]
    volume["metadata"]["annotations"]["pv.beta.kubernetes.io/gid"] = str(group + changed)

    place = ("--to", "team-a/again", "--export", f"main={root}", "--kubeconfig", kubeconfig)
    result = run("archive", "restore", name, *place, "--name", "files", "--namespace", "storage")

    advice = f"Its group is {group}, and Pods that mount the claim are in group {group + 7}"
    assert result.exit_code == 0, result.stderr
    assert (advice in result.stdout) is bool(changed)
    assert (f"chgrp -R {group + 7} {root}/again" in result.stdout) is bool(changed)
