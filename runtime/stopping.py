"""Ending in good order: SIGTERM and SIGINT set an event; a second one ends the process at once."""

import signal
import threading
from collections.abc import Iterable
from typing import Final

STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

_LOOK_SECONDS: Final = 0.5


class _Stop(threading.Event):
    """Waiting for it without an end looks up now and then.

    Python's handlers run in the main thread, between two instructions. A signal that arrives when that has looked for
    signals and is not asleep yet, or in another thread, would not be handled before something else wakes it.
    """

    def wait(self, timeout: float | None = None) -> bool:
        if timeout is not None:
            return super().wait(timeout)
        while not super().wait(_LOOK_SECONDS):
            pass
        return True


def stop_on_signals(signals: Iterable[signal.Signals] = STOP_SIGNALS) -> threading.Event:
    """An event that is set when the process is asked to stop. To be called from the main thread.

    The second such signal does what it does by default, so that nobody has to wait for a stop that hangs.
    """
    stop = _Stop()
    caught = tuple(signals)

    def on_signal(_number: int, _frame: object) -> None:
        for number in caught:
            signal.signal(number, signal.SIG_DFL)
        # Set from another thread: this handler may have interrupted `stop.wait()` in the main one while it held the
        # event's own lock, and would then wait for itself.
        threading.Thread(target=stop.set, name="stopping", daemon=True).start()

    for number in caught:
        signal.signal(number, on_signal)
    return stop
