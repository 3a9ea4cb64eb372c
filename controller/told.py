"""What has been told lately, so that a retry every few seconds is not an Event every few seconds."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from controller.decisions.actions import Tell

REPEAT_AFTER: Final = 900.0
"""Seconds after which what still holds is told again, which raises the count of the Event that is there. On most API
servers Events live for an hour from when they were last written: it is renewed well before it is gone.
"""

_PROGRESS_AFTER: Final = 30.0
_REMEMBERED: Final = 4096


class RecentlyTold:
    """Remembers the latest Events; safe for use from many threads. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._told: OrderedDict[Tell, float] = OrderedDict()

    def is_news(self, event: Tell) -> bool:
        """Whether `event` has not been told for a while; it counts as told from now on. Of reports on how far
        something is, any counts for all.
        """
        now = self._clock()
        key, again = (replace(event, message=""), _PROGRESS_AFTER) if event.progress else (event, REPEAT_AFTER)
        with self._lock:
            told = self._told.get(key)
            if told is not None and now - told < again:
                return False
            self._told[key] = now
            self._told.move_to_end(key)
            if len(self._told) > _REMEMBERED:
                self._told.popitem(last=False)
            return True
