import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from testbed import record
from testbed.errors import TestbedError
from testbed.record import Record
from testbed.supervision.identity import ProcessIdentity


@pytest.fixture
def own_identity() -> ProcessIdentity:
    identity = ProcessIdentity.of(os.getpid())
    assert identity is not None
    return identity


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("logs", "export", "control-plane", "node"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / "kubeconfig").touch()
    return tmp_path


def record_of(supervisor: ProcessIdentity, folder: Path) -> Record:
    return Record(supervisor, (), str(folder / "export"), real_node=False, notes=("no node",))


def test_a_record_is_read_as_it_was_written(own_identity: ProcessIdentity, folder: Path) -> None:
    written = replace(record_of(own_identity, folder), processes=(own_identity, own_identity))
    written.write(folder)
    assert Record.read(folder) == written


def test_ending_a_testbed_whose_pid_went_to_somebody_else_ends_nobody(
    own_identity: ProcessIdentity, folder: Path
) -> None:
    recycled = replace(own_identity, started=own_identity.started - 1)
    replace(record_of(recycled, folder), processes=(recycled,)).write(folder)
    assert record.end(folder) is False  # and this process is still here to see it


def test_ending_a_testbed_ends_its_processes_and_leaves_logs_and_files(folder: Path) -> None:
    with subprocess.Popen(["sleep", "300"]) as supervisor, subprocess.Popen(["sleep", "300"]) as orphan:
        identities = [ProcessIdentity.of(process.pid) for process in (supervisor, orphan)]
        assert identities[0] is not None
        assert identities[1] is not None
        replace(record_of(identities[0], folder), processes=(identities[1],)).write(folder)
        assert record.end(folder) is True
    assert supervisor.returncode == -15
    assert orphan.returncode in (-15, -9)
    assert sorted(path.name for path in folder.iterdir()) == ["export", "logs"]
    assert (folder / "export/file").exists()


def test_where_no_testbed_was_left_ending_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match=r"no testbed was left running in .*: there is no testbed\.json"):
        record.end(tmp_path)


@pytest.mark.parametrize(
    "text", [pytest.param("{", id="no JSON"), pytest.param(json.dumps({"supervisor": {}}), id="fields missing")]
)
def test_a_record_that_cannot_be_read_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / record.FILE).write_text(text)
    with pytest.raises(TestbedError, match=r"testbed\.json cannot be read"):
        record.end(tmp_path)
