import threading
from collections.abc import Iterator

import pytest

from controller.export.lanes import Lanes, Late


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """What hanging jobs wait for; they do not outlive the test."""
    event = threading.Event()
    yield event
    event.set()


def test_a_job_in_time_gives_its_result() -> None:
    assert Lanes("test", 1, deadline=10).run(lambda: 42) == 42


def test_a_jobs_exception_reaches_the_caller() -> None:
    def fail() -> None:
        raise OSError("broken")

    lanes = Lanes("test", 1, deadline=10)
    with pytest.raises(OSError, match="broken"):
        lanes.run(fail)
    assert lanes.run(lambda: "still serving") == "still serving"


def test_a_job_past_its_deadline_lets_its_caller_go(released: threading.Event) -> None:
    lanes = Lanes("test", 1, deadline=0.01)

    with pytest.raises(Late, match=r"within 0\.01 s"):
        lanes.run(released.wait)
    assert lanes.late == 1


def test_a_late_job_does_not_hold_up_the_other_lanes(released: threading.Event) -> None:
    lanes = Lanes("test", 2, deadline=0.01)
    with pytest.raises(Late):
        lanes.run(released.wait)

    assert Lanes.run(lanes, lambda: "free") == "free"


def test_calls_fail_at_once_while_every_lane_is_late(released: threading.Event) -> None:
    lanes = Lanes("test", 1, deadline=0.01)
    with pytest.raises(Late):
        lanes.run(released.wait)

    ran = threading.Event()
    with pytest.raises(Late, match="for a while"):
        lanes.run(ran.set)
    assert not ran.is_set()


def test_a_lane_serves_again_once_its_late_job_ends(released: threading.Event) -> None:
    lanes = Lanes("test", 1, deadline=0.01)
    with pytest.raises(Late):
        lanes.run(released.wait)

    released.set()
    for _ in range(1000):
        try:
            result = lanes.run(lambda: "back")
            break
        except Late:
            threading.Event().wait(0.01)
    assert result == "back"
    assert lanes.late == 0
