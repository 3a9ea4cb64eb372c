"""The controller as a program."""

import gc
import logging
import os
from typing import Final

from controller.options import ControllerOptions, Seams
from controller.process import ControllerProcess
from runtime import logs
from runtime.logs import get_logger
from runtime.stopping import stop_on_signals

_LOG: Final = get_logger(__name__)
_WITHOUT_SEAMS: Final = Seams()
_COLLECT_AFTER: Final = 50_000


def run_controller(options: ControllerOptions, seams: Seams = _WITHOUT_SEAMS) -> int:
    """Run until SIGTERM or SIGINT; returns the exit status. To be called from the main thread.

    Raises `StewardError` where it cannot start: a bad policy, no credentials, options that make no sense; OSError
    where its port is taken. Where an operation on an export still hangs at the end it does not return: the process
    ends there and then.
    """
    logs.configure(json=options.log_json, level=options.log_level)
    stop = stop_on_signals()
    process = ControllerProcess(options, seams)
    _collect_seldom()
    process.start()
    stop.wait()
    process.stop()
    if process.hanging_calls:
        # The interpreter's own end can wait for a thread that sits in a system call.
        _LOG.warning("ending although operations on an export hang", calls=process.hanging_calls)
        logging.shutdown()
        os._exit(0)
    return 0


def _collect_seldom() -> None:
    """Keep the garbage collector from walking, again and again, what will be kept.

    At the start tens of thousands of objects are read; next to nothing of them is garbage in cycles. Collecting after
    every 700 of them, as is usual, took a quarter of the processor time until everything had been seen.
    """
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
