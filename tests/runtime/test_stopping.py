import signal
import subprocess
import sys

import pytest

from tests.waiting import WITHIN

PROGRAM = """
import signal, sys, threading, time
from runtime.stopping import stop_on_signals
stop = stop_on_signals()
print("ready", flush=True)
if "elsewhere" in sys.argv:
    threading.Timer(0.2, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM)).start()
stop.wait()
print("stopping", flush=True)
if "hang" in sys.argv:
    time.sleep(30)
"""


@pytest.fixture
def program():
    """Starts a program that waits to be stopped; `hang` keeps it from ending then; `elsewhere` has it signal itself, in
    another thread than the one that waits.
    """
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
    assert process.wait(WITHIN) == 0


def test_a_second_signal_ends_a_program_that_hangs(program):
    process = program("hang")
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "stopping\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(WITHIN) == -signal.SIGTERM


def test_a_signal_that_does_not_wake_the_thread_that_waits_ends_the_wait_all_the_same(program):
    process = program("elsewhere")
    assert process.wait(WITHIN) == 0
