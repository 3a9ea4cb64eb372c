"""Work on an export that may take hours: removing a tree, copying one. It runs in threads of its own, so that it
holds up no operation with a deadline, and whoever asked for it comes back now and then to hear how far it is.

All that a job needs to go on lies on the export. So a job may be dropped at any moment, by the end of the process or
the loss of the Lease, and the next one that is asked for goes on from there.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeAlias

from controller.export.failures import export_failure
from controller.export.outcomes import Disturbed, Outcome, Underway
from policy.errors import StewardError
from runtime.logs import get_logger

_LOG: Final = get_logger(__name__)
_REMEMBERED: Final = 1024
_TURN_SECONDS: Final = 1.0


class JobKind(StrEnum):
    """Jobs of one kind take turns in one thread; different kinds do not wait for each other."""

    REMOVAL = "removal"
    COPY = "copy"
    HOUSE = "house"


class Interrupted(StewardError):
    """The job ends here: the process stops, or another one holds the Lease."""


class Progress:
    """How far a job is, told by the job itself; and what it has to ask before each step.

    `interrupted` says that there must be no next step, `turn_is_over` that others wait and have waited long enough.
    """

    def __init__(
        self, interrupted: Callable[[], bool] = lambda: False, turn_is_over: Callable[[], bool] = lambda: False
    ) -> None:
        self._interrupted = interrupted
        self._turn_is_over = turn_is_over
        self.entries = 0
        self.moved_at = time.monotonic()

    def advance(self, entries: int = 1) -> None:
        """So many more entries have been dealt with; raises `Interrupted` where there must be no next step."""
        self.entries += entries
        self.moved_at = time.monotonic()
        if self._interrupted():
            raise Interrupted("the job was interrupted")

    @property
    def turn_is_over(self) -> bool:
        """Whether others of its kind wait and it has had its time: a job that can go on later should return None."""
        return self._turn_is_over()


Job: TypeAlias = Callable[[Progress], Outcome | None]
"""What is to be done; None: not done yet, call again after others have had their turn. May raise `OSError` of the
export, which makes it `Unavailable`, and `Interrupted`.
"""


class Jobs:
    """The jobs of one kind on one export; safe for use from many threads. Only `count` of them run at a time: one."""

    def __init__(self, name: str, may_go_on: Callable[[], bool]) -> None:
        """`may_go_on` is asked before every step of a job, from its own thread: to be quick."""
        self._may_go_on = may_go_on
        self._stopping = False
        self._changed = threading.Condition()
        self._waiting: deque[tuple[str, Job]] = deque()
        self._progress: dict[str, Progress] = {}
        self._unasked: set[str] = set()
        self._done: OrderedDict[str, Outcome] = OrderedDict()
        self._running: Progress | None = None
        self._turn_began = 0.0
        # A daemon: an interpreter that ends does not wait for a call that may never return.
        threading.Thread(target=self._serve, name=name, daemon=True).start()

    def ask(self, key: str, job: Job) -> Outcome:
        """What the job of this key has come to, told once; else `Underway`, from now on if it was not before."""
        with self._changed:
            done = self._done.pop(key, None)
            if done is not None:
                return done
            progress = self._progress.get(key)
            if progress is None:
                progress = self._begin(key, job)
            self._unasked.discard(key)
            return Underway(progress.entries)

    def begin(self, key: str, job: Job) -> None:
        """Have the job of this key done without anybody being told, unless somebody asks for it meanwhile."""
        with self._changed:
            if key not in self._progress:
                self._done.pop(key, None)
                self._begin(key, job)
                self._unasked.add(key)

    def knows(self, key: str) -> bool:
        """Whether the job of this key is under way, or has come to something that nobody has been told yet."""
        with self._changed:
            return key in self._progress or key in self._done

    def hanging(self, deadline: float) -> int:
        """How many jobs have not taken a step for `deadline` seconds: 0 or 1."""
        running = self._running
        return int(running is not None and time.monotonic() - running.moved_at > deadline)

    def stop(self) -> None:
        """End the running job at its next step, begin no other."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def _begin(self, key: str, job: Job) -> Progress:
        progress = self._progress[key] = Progress(self._is_interrupted, self._is_turn_over)
        self._waiting.append((key, job))
        self._changed.notify()
        return progress

    def _is_interrupted(self) -> bool:
        return self._stopping or not self._may_go_on()

    def _is_turn_over(self) -> bool:
        return bool(self._waiting) and time.monotonic() - self._turn_began > _TURN_SECONDS

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping)
                if self._stopping:
                    return
                key, job = self._waiting.popleft()
                progress = self._progress[key]
                progress.moved_at = self._turn_began = time.monotonic()
                self._running = progress
            self._came_to(key, job, self._run(key, job, progress))

    def _run(self, key: str, job: Job, progress: Progress) -> Outcome | Interrupted | None:
        try:
            progress.advance(0)
            return job(progress)
        except Interrupted as interrupted:
            return interrupted
        except OSError as error:
            return export_failure(error)
        except Exception:
            _LOG.exception("a job on an export failed", job=key)
            return Disturbed("an unexpected error, see the log")

    def _came_to(self, key: str, job: Job, result: Outcome | Interrupted | None) -> None:
        with self._changed:
            self._running = None
            if result is None:
                self._waiting.append((key, job))
                return
            del self._progress[key]
            if key in self._unasked:
                self._unasked.remove(key)
            elif not isinstance(result, Interrupted):
                self._done[key] = result
                while len(self._done) > _REMEMBERED:
                    self._done.popitem(last=False)
