"""Who is measured next, for many threads: the schedule, what the policy says of it, and who is told of new figures."""

import math
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeAlias

from controller.export.measuring.counted import Counted, Walked
from controller.export.measuring.orders import Order
from controller.export.measuring.pacing import Limits
from controller.export.measuring.schedule import Schedule
from controller.export.measuring.volume import Result
from controller.export.outcomes import Blocked, Measured, Missing
from controller.export.requests import Measure
from policy.exports import Segments
from policy.measuring import Measuring as Settings

FromQuota: TypeAlias = Callable[[str, Segments], Measured | Counted | None]
"""What the file system itself knows of the volume of that uid in that directory; `Counted`: not how many files, None:
nothing, it has to be walked through. Raises nothing, and is as quick as one look at the export.
"""

_FIRST: Final = 0.1
_LONGEST: Final = 60.0


class Turns:
    """Safe for use from many threads."""

    def __init__(
        self, settings: Callable[[], Settings], clock: Callable[[], float] = time.monotonic, longest: float = _LONGEST
    ) -> None:
        """`settings` are those of the moment; `clock` is monotonic, in seconds. A volume has its first turn after a
        tenth of the time between any two, and after `longest` seconds at the latest.
        """
        self._settings = settings
        self._clock = clock
        self._longest = longest
        self._changed = threading.Condition()
        self._schedule = Schedule()
        self._stopping = False
        self._beside: dict[str, Counted] = {}
        """What the quotas say of volumes that are being walked through for their files alone."""
        self.from_quota: FromQuota = lambda _volume_uid, _segments: None
        self.listeners: list[Callable[[str], None]] = []

    @property
    def processes(self) -> int:
        """How many processes it takes to use the share of time: each has one processor at most."""
        return math.ceil(self._settings().time_share / 100)

    @property
    def full_every(self) -> timedelta:
        """After how long at most everything is looked at again."""
        return self._settings().full_every

    @property
    def stopping(self) -> bool:
        """Whether there are no more turns."""
        return self._stopping

    def ask(self, request: Measure) -> Result | None:
        """What is known of a volume, None: nothing yet; it is measured from now on, but not at once: where very many
        are made, or seen for the first time, there is more urgent work.
        """
        with self._changed:
            wait = min(self._settings().every.total_seconds() * _FIRST, self._longest)
            result = self._schedule.ask(request, self._clock() + wait)
            if result is None:
                self._changed.notify()
            return result

    def take(self, process: int) -> Order | None:
        """The volume that the process of this number, from 0, is to walk through now; those that the file system knows
        of have their turn in passing.
        """
        while process < self.processes and (request := self._next()) is not None:
            known = self.from_quota(request.volume_uid, request.segments)
            figures = self._with_files(request.volume_uid, known) if isinstance(known, Counted) else known
            if figures is None:
                return self._order(request)
            self._finish(request.volume_uid, figures)
        return None

    def finish(self, volume_uid: str, result: Result | None) -> None:
        """A walk is over; None: it came to nothing. Whoever listens is told of news."""
        with self._changed:
            counted = self._beside.pop(volume_uid, None)
            if counted is not None:
                result = self._beside_quota(volume_uid, counted, result)
        self._finish(volume_uid, result)

    def wait(self, seconds: float) -> None:
        """Return when there may be a turn, and after so many seconds at the latest."""
        with self._changed:
            next_one = self._schedule.seconds_to_next(self._clock())
            if not self._stopping and next_one != 0.0:
                self._changed.wait(seconds if next_one is None else min(seconds, next_one))

    def pause(self, seconds: float) -> None:
        """Return after so many seconds, or when there are no more turns."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, seconds)

    def stop(self) -> None:
        """No more turns."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def _next(self) -> Measure | None:
        with self._changed:
            return None if self._stopping else self._schedule.take(self._clock())

    def _with_files(self, volume_uid: str, counted: Counted) -> Measured | None:
        """What the quota says, with the files of the last walk; None: the next walk is due."""
        with self._changed:
            walked = self._schedule.walked(volume_uid)
            if walked is not None and walked.still_holds(counted, self.full_every):
                return counted.with_files(walked.files)
            self._beside[volume_uid] = counted
            return None

    def _beside_quota(self, volume_uid: str, counted: Counted, result: Result | None) -> Result | None:
        """What a walk has come to whose bytes the quota says. Those are told in any case, if need be with the files of
        the last walk.
        """
        if isinstance(result, Measured):
            self._schedule.remember(volume_uid, Walked(counted, result.files))
            return counted.with_files(result.files)
        walked = self._schedule.walked(volume_uid)
        if walked is None or isinstance(result, Missing | Blocked):
            return result
        return counted.with_files(walked.files)

    def _finish(self, volume_uid: str, result: Result | None) -> None:
        with self._changed:
            due = self._clock() + self._settings().every.total_seconds()
            news = self._schedule.finish(volume_uid, result, due)
            self._changed.notify()
        for listener in self.listeners if news is not None else ():
            listener(news or "")

    def _order(self, request: Measure) -> Order:
        settings = self._settings()
        limits = Limits(settings.time_share / 100, settings.operations_per_second).split(self.processes)
        full_every = settings.full_every // timedelta(microseconds=1) * 1000
        return Order(request.volume_uid, request.segments, full_every, limits)
