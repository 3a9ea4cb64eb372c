import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from testbed.supervision.identity import ProcessIdentity, children


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def identity_of(process: subprocess.Popen[bytes]) -> ProcessIdentity:
    identity = ProcessIdentity.of(process.pid)
    assert identity is not None
    return identity


def test_a_running_process_is_alive(sleeper: subprocess.Popen[bytes]) -> None:
    assert identity_of(sleeper).alive()


def test_a_process_that_was_ended_is_not_alive(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identity_of(sleeper)
    sleeper.kill()
    sleeper.wait()
    assert not identity.alive()


def test_a_zombie_counts_as_no_process(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identity_of(sleeper)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has collected it
    assert not identity.alive()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"started": 1}, id="started at another time"),
        pytest.param({"boot": "another"}, id="of another boot"),
    ],
)
def test_a_recycled_pid_is_neither_alive_nor_ended(sleeper: subprocess.Popen[bytes], change: dict[str, object]) -> None:
    earlier = replace(identity_of(sleeper), **change)
    assert not earlier.alive()
    earlier.end(grace=1)
    assert sleeper.poll() is None


def test_end_kills_what_ignores_sigterm() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        identity_of(process).end(grace=0.1)
        assert process.wait() == -9


def test_children_are_found_by_their_parent(sleeper: subprocess.Popen[bytes]) -> None:
    assert sleeper.pid in children()[os.getpid()]


def test_a_program_with_blanks_and_parentheses_in_its_name_is_read_correctly(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    program = tmp_path_factory.mktemp("programs") / "a) (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "60"]) as process:
        assert process.pid in children()[os.getpid()]
        assert identity_of(process).alive()
        process.kill()
