from collections.abc import Callable

import pytest

from controller.export.health import ExportHealth
from controller.export.outcomes import Blocked, ExportState, Made, Outcome, Unavailable
from policy.ownership import Ownership

MADE = Made(Ownership(0o2770, 0, 0))
CHANGED = Made(Ownership(0o2770, 0, 0), before=Ownership(0o700, 0, 0))


class Recoveries:
    """Counts them, and is the health's clock."""

    def __init__(self) -> None:
        self.count = 0
        self.now = 0.0
        self.health = ExportHealth(lambda: self.now, hold=60)
        self.health.on_recovery(self.add)

    def add(self) -> None:
        self.count += 1


@pytest.fixture
def observer() -> Recoveries:
    return Recoveries()


def met(outcome: Outcome) -> Callable[[ExportHealth], None]:
    return lambda health: health.met(outcome)


def probed(state: ExportState | None) -> Callable[[ExportHealth], None]:
    return lambda health: health.probed(Unavailable(state, "as probed") if state else None)


FULL = Unavailable(ExportState.FULL, "ENOSPC")
HANGING = Unavailable(ExportState.HANGING, "late")
DENIED = Unavailable(ExportState.DENIED, "EACCES")


@pytest.mark.parametrize(
    ("history", "state"),
    [
        pytest.param([], "ok", id="nothing known is nothing wrong"),
        pytest.param([met(FULL)], "full", id="an operation's failure counts"),
        pytest.param([met(FULL), met(MADE)], "ok", id="a later success clears it"),
        pytest.param([met(FULL), met(CHANGED)], "full", id="a change that needs no space does not"),
        pytest.param([met(FULL), probed(None)], "full", id="a probe does not see a quota"),
        pytest.param([met(HANGING), probed(None)], "ok", id="a probe that returns ends hanging"),
        pytest.param([probed(ExportState.DENIED)], "denied", id="a probe's failure counts"),
        pytest.param([probed(ExportState.FULL), probed(None)], "ok", id="a probe takes back what a probe said"),
        pytest.param([met(FULL), probed(ExportState.HANGING)], "hanging", id="a probe's worse news counts"),
        pytest.param([met(DENIED)], "ok", id="one directory that denies us is not the export"),
        pytest.param([met(Blocked("a link"))], "ok", id="a blocked path is not the export"),
        pytest.param([met(FULL), met(Blocked("a link"))], "full", id="a blocked path clears nothing"),
    ],
)
def test_the_state_follows_what_was_seen(
    observer: Recoveries, history: list[Callable[[ExportHealth], None]], state: str
) -> None:
    for happens in history:
        happens(observer.health)

    assert observer.health.state == state


def test_what_an_operation_met_gives_way_to_probes_after_a_while(observer: Recoveries) -> None:
    observer.health.met(FULL)
    observer.now = 61
    observer.health.probed(None)

    assert observer.health.state is ExportState.OK


def test_recovery_is_announced_once(observer: Recoveries) -> None:
    observer.health.probed(HANGING)
    observer.health.probed(None)
    observer.health.probed(None)
    observer.health.met(MADE)

    assert observer.count == 1
