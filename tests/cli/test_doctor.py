"""`nfs-steward doctor` where there is no cluster: what is told, and the exit status."""

import json
from pathlib import Path

import pytest

from controller.doctor import tablelook

TABLE = "/nfs/data *(rw,no_root_squash,sync)\n"


@pytest.fixture(autouse=True)
def nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a cluster nor an export table of this machine is to be found."""
    monkeypatch.setattr(tablelook, "DEFAULT_TABLE", tmp_path / "no-table")
    monkeypatch.setattr(tablelook, "_MORE_TABLES", tmp_path / "no-tables")
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "NFS_STEWARD_POLICY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def table_file(tmp_path: Path) -> Path:
    """An export table as the tutorial has it."""
    file = tmp_path / "exports"
    file.write_text(TABLE)
    return file


@pytest.fixture
def good_table(tmp_path: Path) -> Path:
    file = tmp_path / "exports"
    file.write_text("/nfs/data 192.168.20.0/24(rw,sync)\n")
    return file


def test_errors_are_exit_code_1_and_come_with_the_way_out(run, table_file):
    result = run("doctor", "--exports-file", table_file, "-o", "json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["healthy"]) == (1, False)
    assert [(each["level"], each["check"]) for each in report["findings"]] == [
        ("error", "exports-everybody-writes"),
        ("warning", "exports-no-root-squash"),
    ]
    for finding in report["findings"]:
        assert finding["where"] == f"{table_file}:1"
        assert all(finding[part].endswith((".", "!")) for part in ("what", "why", "mend"))


def test_nothing_wrong_is_exit_code_0_and_what_was_not_seen_is_told(run, good_table):
    result = run("doctor", "--exports-file", good_table, "-o", "json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["healthy"], report["findings"]) == (0, True, [])
    (cluster, *_) = report["unseen"]
    assert "no API server to talk to" in cluster["why"]
    assert "lease-unheld" in cluster["leftOut"]


def test_warnings_alone_are_exit_code_0(run, table_file):
    table_file.write_text("/nfs/data host(rw,async)\n")
    result = run("doctor", "--exports-file", table_file)
    assert result.exit_code == 0
    assert "1 warning." in result.stdout


def test_the_table_shows_findings_and_what_was_looked_at(run, table_file, tmp_path, policy_file):
    result = run("doctor", "--exports-file", table_file, "--export", f"main={tmp_path}", "--policy", policy_file)
    for phrase in (
        "exports-everybody-writes",
        "exported to everybody",
        "Looked at: export main",
        "Not seen: ",
        "1 error",
    ):
        assert phrase in result.stdout


def test_an_export_is_looked_at_without_a_cluster(run, tmp_path):
    result = run("doctor", "--export", f"main={tmp_path / 'gone'}", "-o", "json")
    (finding,) = json.loads(result.stdout)["findings"]
    assert (result.exit_code, finding["check"]) == (1, "export-unreachable")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param([], "nothing to look at from here", id="neither cluster nor export nor table"),
        pytest.param(["--kubeconfig", "/gone"], "/gone", id="a cluster that was named and cannot be asked"),
        pytest.param(["--exports-file", "/gone"], "/gone: No such file", id="a table that is not there"),
        pytest.param(["--export", "main"], "is not NAME=PATH", id="an export without a path"),
    ],
)
def test_what_cannot_be_done_is_exit_code_2(run, arguments, told):
    result = run("doctor", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_an_export_that_the_policy_lacks_is_wrong_usage(run, tmp_path, policy_file):
    result = run("doctor", "--export", f"other={tmp_path}", "--policy", policy_file)
    assert result.exit_code == 2
    assert "the policy has no such export, it has main" in result.stderr
