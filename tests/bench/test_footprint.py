"""Reading what a process takes."""

import os
import time

from bench.footprint import processor_seconds


def test_processor_time_is_that_of_the_process() -> None:
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    assert abs(processor_seconds(os.getpid()) - time.process_time()) < 0.05
