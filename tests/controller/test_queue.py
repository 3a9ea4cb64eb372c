import threading

import pytest

from controller.queue import WorkQueue
from kube.backoff import Backoff


class SettableClock:
    """A clock that stands still until it is told to move."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def queue(clock: SettableClock) -> WorkQueue[str]:
    return WorkQueue(lambda: Backoff(1, 8), clock, can_wait=lambda key: key.startswith("patient"))


def drain(queue: WorkQueue[str]) -> list[str]:
    """All that is ready now, worked on and done."""
    found = []
    while (key := queue.get(timeout=0)) is not None:
        queue.done(key)
        found.append(key)
    return found


def test_keys_come_out_in_the_order_they_went_in(queue: WorkQueue[str]) -> None:
    for key in ("a", "b", "c"):
        queue.add(key)

    assert drain(queue) == ["a", "b", "c"]


def test_keys_that_can_wait_come_after_all_others(queue: WorkQueue[str], clock: SettableClock) -> None:
    for key in ("patient", "a", "patient too", "b"):
        queue.add(key)
    queue.add_after("c", 1)
    assert queue.get(timeout=0) == "a"
    queue.add("a")
    clock.now += 1

    assert queue.get(timeout=0) == "b"
    queue.done("a")
    assert drain(queue) == ["c", "a", "patient", "patient too"]


def test_nothing_that_can_wait_is_left_after_a_clearance(queue: WorkQueue[str]) -> None:
    queue.add("patient")
    queue.clear()

    assert drain(queue) == []


def test_a_key_added_twice_comes_out_once(queue: WorkQueue[str]) -> None:
    queue.add("a")
    queue.add("a")

    assert drain(queue) == ["a"]


def test_a_key_in_hand_is_given_to_nobody_else(queue: WorkQueue[str]) -> None:
    queue.add("a")
    assert queue.get(timeout=0) == "a"
    queue.add("a")

    assert queue.get(timeout=0) is None
    queue.done("a")
    assert drain(queue) == ["a"]


def test_a_key_not_added_meanwhile_does_not_come_again(queue: WorkQueue[str]) -> None:
    queue.add("a")

    assert drain(queue) == ["a"]
    assert drain(queue) == []


def test_a_delayed_key_comes_when_it_is_due(queue: WorkQueue[str], clock: SettableClock) -> None:
    queue.add_after("a", 5)
    clock.now += 4.9
    assert drain(queue) == []
    clock.now += 0.1

    assert drain(queue) == ["a"]


def test_the_earliest_of_several_times_wins(queue: WorkQueue[str], clock: SettableClock) -> None:
    queue.add_after("a", 5)
    queue.add_after("a", 50)
    queue.add_after("a", 2)
    clock.now += 2
    assert drain(queue) == ["a"]
    clock.now += 100

    assert drain(queue) == []


def test_a_key_added_at_once_is_not_due_later_too(queue: WorkQueue[str], clock: SettableClock) -> None:
    queue.add_after("a", 5)
    queue.add("a")
    assert drain(queue) == ["a"]
    clock.now += 10

    assert drain(queue) == []


def test_delays_grow_with_failures_up_to_the_longest(queue: WorkQueue[str], clock: SettableClock) -> None:
    for whole in (1, 2, 4, 8, 8, 8):
        delay = queue.retry("a")
        assert whole <= delay <= 2 * whole
        clock.now += delay
        assert drain(queue) == ["a"]


def test_success_makes_the_next_failure_the_first(queue: WorkQueue[str]) -> None:
    for _ in range(5):
        queue.retry("a")
    queue.forget("a")

    assert queue.retry("a") <= 2


def test_hurrying_brings_forward_all_that_was_delayed(queue: WorkQueue[str]) -> None:
    queue.add_after("a", 50)
    queue.retry("b")
    queue.hurry()

    assert sorted(drain(queue)) == ["a", "b"]


def test_clearing_drops_all_that_waits(queue: WorkQueue[str], clock: SettableClock) -> None:
    queue.add("a")
    queue.add_after("b", 1)
    queue.clear()
    clock.now += 10

    assert drain(queue) == []
    assert len(queue) == 0


def test_a_waiting_worker_wakes_for_a_new_key() -> None:
    queue: WorkQueue[str] = WorkQueue(lambda: Backoff(1, 8))
    found: list[str | None] = []
    worker = threading.Thread(target=lambda: found.append(queue.get(timeout=30)))
    worker.start()
    queue.add("a")
    worker.join(timeout=10)

    assert found == ["a"]


def test_a_waiting_worker_goes_when_the_queue_is_closed() -> None:
    queue: WorkQueue[str] = WorkQueue(lambda: Backoff(1, 8))
    found: list[str | None] = []
    worker = threading.Thread(target=lambda: found.append(queue.get(timeout=30)))
    worker.start()
    queue.close()
    queue.add("a")
    worker.join(timeout=10)

    assert found == [None]


def test_many_workers_share_the_keys_and_never_one_at_the_same_time() -> None:
    queue: WorkQueue[int] = WorkQueue(lambda: Backoff(1, 8))
    in_hand: set[int] = set()
    worked: list[int] = []
    clashes: list[int] = []
    lock = threading.Lock()

    def work() -> None:
        while (key := queue.get(timeout=0.2)) is not None:
            with lock:
                clashes.extend(in_hand & {key})
                in_hand.add(key)
            queue.add(key) if len(worked) < 200 else None
            with lock:
                in_hand.remove(key)
                worked.append(key)
            queue.done(key)

    for key in range(10):
        queue.add(key)
    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert clashes == []
    assert set(worked) == set(range(10))
    assert len(worked) >= 200


def test_its_length_counts_every_key_once(queue: WorkQueue[str]) -> None:
    queue.add("a")
    queue.get(timeout=0)
    queue.add("a")
    queue.add("b")
    queue.add_after("c", 5)

    assert len(queue) == 3
