from dataclasses import replace

from controller.decisions.actions import Tell
from controller.told import RecentlyTold
from kube.events import ObjectReference


class SettableClock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def event(message: str = "full", name: str = "web") -> Tell:
    return Tell(ObjectReference("v1", "Pod", name, "team-a"), "Warning", "ExportUnavailable", message)


def test_the_same_is_told_again_only_after_a_while() -> None:
    clock = SettableClock()
    told = RecentlyTold(clock)

    assert told.is_news(event())
    clock.now += 60
    assert not told.is_news(event())
    clock.now += 3600
    assert told.is_news(event())


def test_other_words_and_other_objects_are_news() -> None:
    told = RecentlyTold(SettableClock())
    told.is_news(event())

    assert told.is_news(event("read-only"))
    assert told.is_news(event(name="db"))


def test_it_remembers_a_bounded_number() -> None:
    told = RecentlyTold(SettableClock())
    for number in range(10_000):
        told.is_news(event(str(number)))

    assert not told.is_news(event("9999"))
    assert told.is_news(event("0"))


def test_reports_on_the_same_work_are_told_now_and_then() -> None:
    clock = SettableClock()
    told = RecentlyTold(clock)
    reports = [replace(event(f"{number} entries"), progress=True) for number in range(100)]

    assert told.is_news(reports[0])
    clock.now += 29
    assert not told.is_news(reports[1])
    assert told.is_news(event("full"))
    clock.now += 1
    assert told.is_news(reports[2])
