import errno
import threading
from collections.abc import Callable, Iterator

import pytest

from controller.export.jobs import Jobs, Progress
from controller.export.outcomes import Disturbed, Finished, Outcome, Unavailable, Underway


class Switch:
    """Says whether jobs may go on; `stop` says no."""

    def __init__(self) -> None:
        self.on = True

    def __call__(self) -> bool:
        return self.on


@pytest.fixture
def switch() -> Switch:
    return Switch()


@pytest.fixture
def jobs(switch: Switch) -> Iterator[Jobs]:
    running = Jobs("test", switch)
    yield running
    running.stop()


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Waits for what another thread is about to bring about."""

    def wait(holds: Callable[[], bool]) -> None:
        for _ in range(5000):
            if holds():
                return
            threading.Event().wait(0.002)
        pytest.fail("it never came about")

    return wait


class Slow:
    """A job of many steps, each of which waits for its turn at `gate`."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.gate = threading.Semaphore(0)
        self.begun = threading.Event()

    def __call__(self, progress: Progress) -> Outcome | None:
        self.begun.set()
        while progress.entries < self.steps:
            self.gate.acquire()
            progress.advance()
        return Finished(progress.entries)


def finished(jobs: Jobs, key: str, job: Callable[[Progress], Outcome | None]) -> Outcome:
    """What a job comes to, asked for as often as it takes."""
    for _ in range(5000):
        outcome = jobs.ask(key, job)
        if not isinstance(outcome, Underway):
            return outcome
        threading.Event().wait(0.002)
    raise AssertionError("it never finished")


def test_a_job_is_under_way_until_it_is_done_and_what_it_came_to_is_told_once(jobs: Jobs, until: object) -> None:
    job = Slow(2)

    assert jobs.ask("a", job) == Underway(0)
    job.begun.wait()
    assert jobs.ask("a", job) == Underway(0)
    job.gate.release(2)

    assert finished(jobs, "a", job) == Finished(2)
    assert not jobs.knows("a")


def test_progress_shows_while_it_works(jobs: Jobs, until: Callable[[Callable[[], bool]], None]) -> None:
    job = Slow(3)
    jobs.ask("a", job)
    job.gate.release(2)

    until(lambda: jobs.ask("a", job) == Underway(2))
    job.gate.release(2)


def test_jobs_run_one_at_a_time(jobs: Jobs) -> None:
    first, second = Slow(1), Slow(0)
    jobs.ask("first", first)
    first.begun.wait()
    jobs.ask("second", second)

    assert not second.begun.wait(0.05)
    first.gate.release()
    assert finished(jobs, "second", second) == Finished(0)


def test_a_job_that_takes_turns_lets_others_go_first(jobs: Jobs) -> None:
    done: list[str] = []
    asked = threading.Event()

    def long(progress: Progress) -> Outcome | None:
        asked.wait()
        done.append("a turn")
        return None if "the other" not in done else Finished(0)

    def short(progress: Progress) -> Outcome | None:
        done.append("the other")
        return Finished(0)

    jobs.ask("long", long)
    jobs.ask("short", short)
    asked.set()

    finished(jobs, "long", long)
    assert done == ["a turn", "the other", "a turn"]


def test_a_job_ends_at_its_next_step_once_it_must_not_go_on(
    jobs: Jobs, switch: Switch, until: Callable[[Callable[[], bool]], None]
) -> None:
    job = Slow(100)
    jobs.ask("a", job)
    job.begun.wait()

    switch.on = False
    job.gate.release(100)

    until(lambda: not jobs.knows("a"))
    assert job.gate.acquire(blocking=False), "it took no more than one step"


def test_a_job_that_was_ended_begins_anew_when_it_is_asked_for_again(
    jobs: Jobs, switch: Switch, until: Callable[[Callable[[], bool]], None]
) -> None:
    switch.on = False
    jobs.ask("a", Slow(0))
    until(lambda: not jobs.knows("a"))

    switch.on = True
    assert finished(jobs, "a", Slow(0)) == Finished(0)


def test_a_job_on_a_dead_server_is_seen_to_hang(jobs: Jobs) -> None:
    job = Slow(1)
    jobs.ask("a", job)
    job.begun.wait()

    assert jobs.hanging(deadline=0) == 1
    assert jobs.hanging(deadline=3600) == 0
    job.gate.release()
    finished(jobs, "a", job)
    assert jobs.hanging(deadline=0) == 0


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        pytest.param(OSError(errno.EROFS, ""), Unavailable("read-only", "EROFS: Read-only file system"), id="export"),
        pytest.param(ZeroDivisionError(), Disturbed("an unexpected error, see the log"), id="a fault of ours"),
    ],
)
def test_a_job_that_fails_is_told_and_does_not_keep_others_from_running(
    jobs: Jobs, error: Exception, outcome: Outcome
) -> None:
    def fail(progress: Progress) -> Outcome | None:
        raise error

    assert finished(jobs, "a", fail) == outcome
    assert finished(jobs, "b", Slow(0)) == Finished(0)
