from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.errors import StartFailed
from testbed.supervision.client import Program, SupervisedProcess, Supervisor
from testbed.waiting import wait_for


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[SupervisedProcess]:
    """A program that ends at once with a complaint."""
    supervisor = Supervisor()
    program = Program("server", ["sh", "-c", "echo the disk is full; exit 5"], tmp_path / "server.log")
    yield supervisor.start(program)
    supervisor.close()


def test_waiting_returns_what_the_probe_found_at_last() -> None:
    answers = iter([None, "", "found"])
    assert wait_for("an answer", lambda: next(answers), timeout=5) == "found"


def test_waiting_ends_with_the_time_out_and_names_what_was_waited_for() -> None:
    with pytest.raises(StartFailed, match="a port: not within 0 s"):
        wait_for("a port", lambda: None, timeout=0)


def test_waiting_ends_with_the_process_concerned_and_shows_the_end_of_its_log(failing: SupervisedProcess) -> None:
    with pytest.raises(StartFailed, match="server did not start: it ended with status 5") as raised:
        wait_for("a port", lambda: None, timeout=60, process=failing)
    assert "the disk is full" in raised.value.__notes__[0]
