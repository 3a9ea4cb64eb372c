import signal
import subprocess
import sys

import pytest

PROGRAM = """
import sys, time
from runtime.stopping import stop_on_signals
stop = stop_on_signals()
print("ready", flush=True)
stop.wait(30)
print("stopping", flush=True)
if "hang" in sys.argv:
    time.sleep(30)
"""


@pytest.fixture
def program():
    """Starts a program that waits to be stopped; `hang` keeps it from ending then."""
    started = []

    def start(*args):
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, *args], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_wait_and_the_program_ends_in_its_own_way(program, number):
    process = program()
    process.send_signal(number)
    assert process.stdout.readline() == "stopping\n"
    assert process.wait(10) == 0


def test_a_second_signal_ends_a_program_that_hangs(program):
    process = program("hang")
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "stopping\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == -signal.SIGTERM
