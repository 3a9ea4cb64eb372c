from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.testbed import command
from testbed.errors import TestbedError


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


@pytest.mark.parametrize(
    "flag",
    [
        pytest.param("kube-proxy=--v=2", id="a program that the testbed does not have"),
        pytest.param("etcd=v", id="no flag"),
        pytest.param("--v=2", id="no program"),
    ],
)
def test_a_flag_for_nobody_is_refused_with_the_programs_that_there_are(tmp_path: Path, flag: str) -> None:
    result = invoke("up", f"--dir={tmp_path}", f"--flag={flag}")
    assert result.exit_code == 2
    assert "is not PROGRAM=--flag, PROGRAM one of etcd, kube-apiserver, kube-controller-manager, kube-scheduler" in (
        " ".join(result.stderr.split())
    )


def test_down_in_a_folder_without_a_testbed_says_so(tmp_path: Path) -> None:
    result = invoke("down", f"--dir={tmp_path}")
    assert isinstance(result.exception, TestbedError)
    assert str(result.exception) == f"no testbed was left running in {tmp_path}: there is no testbed.json"


def test_exec_in_a_folder_without_a_node_says_so(tmp_path: Path) -> None:
    result = invoke("exec", f"--dir={tmp_path}", "true")
    assert isinstance(result.exception, TestbedError)
    assert str(result.exception) == f"no testbed with a real node is up in {tmp_path}"
