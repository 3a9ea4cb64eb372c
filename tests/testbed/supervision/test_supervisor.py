import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed.errors import StartFailed, TestbedError
from testbed.supervision.client import Program, SupervisedProcess, Supervisor
from testbed.supervision.identity import ProcessIdentity
from tests.waiting import WITHIN, eventually

# A grandchild in a session of its own: what ends groups and sessions does not reach it.
ESCAPING = "setsid sleep 300 & echo $!; exec sleep 300"


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    running = Supervisor()
    yield running
    running.close()


@pytest.fixture
def start(supervisor: Supervisor, tmp_path: Path) -> Callable[..., SupervisedProcess]:
    def start_shell(script: str, **fields: object) -> SupervisedProcess:
        return supervisor.start(Program("shell", ["sh", "-c", script], tmp_path / "shell.log", **fields))  # type: ignore[arg-type]

    return start_shell


def identity_in(log: Path) -> ProcessIdentity:
    eventually(lambda: log.exists() and log.read_text().endswith("\n"))
    identity = ProcessIdentity.of(int(log.read_text()))
    assert identity is not None
    return identity


def test_output_and_errors_go_to_the_log(start: Callable[..., SupervisedProcess]) -> None:
    process = start("echo one; echo two >&2")
    assert process.wait(WITHIN) == 0
    assert process.log.read_text() == "one\ntwo\n"


def test_variables_are_laid_over_our_own_and_the_folder_is_the_one_asked_for(
    start: Callable[..., SupervisedProcess], tmp_path: Path
) -> None:
    process = start('echo "$COLOUR $HOME" $PWD', env={"COLOUR": "green"}, cwd=tmp_path)
    process.wait(WITHIN)
    assert process.log.read_text() == f"green {os.environ['HOME']} {tmp_path}\n"


@pytest.mark.parametrize(
    ("script", "status"),
    [
        pytest.param("exit 3", 3, id="a status"),
        pytest.param("kill -USR1 $$", -signal.SIGUSR1, id="a signal"),
    ],
)
def test_the_end_of_a_process_is_told_with_its_status(
    start: Callable[..., SupervisedProcess], script: str, status: int
) -> None:
    assert start(script).wait(WITHIN) == status


def test_a_program_that_is_not_there_ends_with_127_and_says_so_in_its_log(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    process = supervisor.start(Program("nothing", ["/no/such/program"], tmp_path / "log"))
    assert process.wait(WITHIN) == 127
    with pytest.raises(StartFailed, match="ended with status 127") as raised:
        process.check_running()
    assert "/no/such/program" in "".join(raised.value.__notes__)


def test_a_program_that_stops_late_is_killed_after_its_grace(start: Callable[..., SupervisedProcess]) -> None:
    process = start("trap '' TERM; echo deaf; while :; do sleep 1; done")
    eventually(lambda: process.log.read_text() == "deaf\n")
    process.stop(grace=0.2)
    assert process.status() == -signal.SIGKILL


def test_stopping_what_has_ended_already_does_nothing(start: Callable[..., SupervisedProcess]) -> None:
    process = start("exit 0")
    process.wait(WITHIN)
    process.stop()
    process.kill()
    assert process.status() == 0


def test_closing_ends_also_a_grandchild_that_left_its_session(tmp_path: Path) -> None:
    supervisor = Supervisor()
    process = supervisor.start(Program("shell", ["sh", "-c", ESCAPING], tmp_path / "log"))
    escaped = identity_in(process.log)
    supervisor.close()
    assert not escaped.alive()


def test_after_the_supervisor_was_killed_requests_say_that_it_is_gone(tmp_path: Path) -> None:
    supervisor = Supervisor()
    supervisor.identity.signal(signal.SIGKILL)
    with pytest.raises(TestbedError, match="supervisor is gone"):
        supervisor.start(Program("shell", ["true"], tmp_path / "log"))
    supervisor.close()


def test_when_the_supervisor_is_killed_its_processes_die_with_it(tmp_path: Path) -> None:
    supervisor = Supervisor()
    process = supervisor.start(Program("shell", ["sh", "-c", "exec sleep 300"], tmp_path / "log"))
    identity = ProcessIdentity.of(process.pid)
    assert identity is not None
    supervisor.identity.signal(signal.SIGKILL)
    eventually(lambda: not identity.alive())
    supervisor.close()


PARENT = """
import sys, time
from pathlib import Path
from testbed.supervision.client import Program, Supervisor
supervisor = Supervisor()
supervisor.start(Program("shell", ["sh", "-c", sys.argv[2]], Path(sys.argv[1])))
print(supervisor.identity.pid, flush=True)
if sys.argv[3] == "detach":
    supervisor.detach()
    raise SystemExit
time.sleep(300)
"""


def run_parent(log: Path, mode: str) -> tuple[subprocess.Popen[str], ProcessIdentity]:
    argv = [sys.executable, "-W", "ignore", "-c", PARENT, str(log), ESCAPING, mode]
    parent = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    supervisor = ProcessIdentity.of(int(parent.stdout.readline()))
    parent.stdout.close()
    assert supervisor is not None
    return parent, supervisor


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_when_the_parent_ends_in_whatever_way_nothing_is_left(tmp_path: Path, number: int) -> None:
    parent, supervisor = run_parent(tmp_path / "log", "stay")
    escaped = identity_in(tmp_path / "log")
    parent.send_signal(number)
    parent.wait()
    eventually(lambda: not (supervisor.alive() or escaped.alive()))


def test_a_detached_supervisor_lets_go_of_its_parents_output(tmp_path: Path) -> None:
    """Or whoever reads that output, such as a pipe at a shell, waits for as long as the testbed is up."""
    argv = [sys.executable, "-W", "ignore", "-c", PARENT, str(tmp_path / "log"), "sleep 300", "detach"]
    ended = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30, check=True)
    supervisor = ProcessIdentity.of(int(ended.stdout))
    assert supervisor is not None
    supervisor.end(grace=5)


def test_a_detached_supervisor_outlives_its_parent_and_ends_with_sigterm(tmp_path: Path) -> None:
    parent, supervisor = run_parent(tmp_path / "log", "detach")
    assert parent.wait() == 0
    escaped = identity_in(tmp_path / "log")
    assert supervisor.alive()
    supervisor.end(grace=5)
    assert not supervisor.alive()
    eventually(lambda: not escaped.alive())


def test_it_ends_everything_though_its_client_goes_away_without_having_read_all(
    start: Callable[..., SupervisedProcess], supervisor: Supervisor
) -> None:
    grandchild = identity_in(start(ESCAPING).log)
    ended = ProcessIdentity.of(start("sleep 0.1").pid)
    assert ended is not None
    # Its end is told to the client, which is not listening: a socket closed on unread words resets the connection.
    eventually(lambda: not ended.alive())
    supervisor.close()
    assert not grandchild.alive()
