"""The thread that keeps the certificate: when it looks, and what it tells of how it is."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from controller.certificates.duty import CertificateDuty
from controller.certificates.keeping import Keeper, Settled
from controller.certificates.timing import CertificateTiming
from controller.metrics import ControllerMetrics
from kube.errors import Unreachable
from runtime.health import Failing, Passing
from tests.waiting import eventually

from .conftest import MakeKeeper
from .world import KINDS, SECRET, Api

RARELY = CertificateTiming(look=3600, retry_first=0.01, retry_longest=0.05)


class Lead:
    """Whether we lead."""

    held = True

    def __call__(self) -> bool:
        return self.held


class WatchedKeeper:
    """Counts how often the real one is asked to settle; may be made to fail."""

    def __init__(self, real: Keeper) -> None:
        self._real = real
        self.secret = real.secret
        self.asked = 0
        self.error: Exception | None = None

    def settle(self) -> Settled:
        self.asked += 1
        if self.error:
            raise self.error
        return self._real.settle()


class Forgetful:
    """Stands in for the observer, of which the duty wants one thing only."""

    forgot = 0

    def forget(self) -> None:
        self.forgot += 1


@pytest.fixture
def lead() -> Lead:
    return Lead()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def keeper(make_keeper: MakeKeeper, api: Api) -> WatchedKeeper:
    for kind in KINDS:
        api.configure(kind)
    return WatchedKeeper(make_keeper())


@pytest.fixture
def start(
    keeper: WatchedKeeper, lead: Lead, registry: CollectorRegistry
) -> Iterator[Callable[[CertificateTiming], CertificateDuty]]:
    started: list[CertificateDuty] = []
    metrics = ControllerMetrics(registry)

    def start(timing: CertificateTiming = RARELY) -> CertificateDuty:
        watched: Any = keeper
        observer: Any = Forgetful()
        duty = CertificateDuty(watched, observer, lead, metrics, timing)
        started.append(duty)
        duty.start()
        return duty

    yield start
    for duty in started:
        duty.stop()


def expiry(registry: CollectorRegistry, certificate: str) -> float | None:
    name = "nfs_steward_certificate_expiry_timestamp_seconds"
    return registry.get_sample_value(name, {"certificate": certificate})


def test_whoever_leads_looks_at_once_and_then_rests(start, keeper: WatchedKeeper, api: Api) -> None:
    duty = start()
    eventually(lambda: duty.check() == Passing("all is well"))
    assert ("Secret", SECRET) in api.objects
    assert keeper.asked == 1


def test_it_looks_when_it_is_woken(start, keeper: WatchedKeeper) -> None:
    duty = start()
    eventually(lambda: keeper.asked == 1)
    duty.wake()
    eventually(lambda: keeper.asked == 2)


def test_it_looks_now_and_then_anyway(start, keeper: WatchedKeeper) -> None:
    start(replace(RARELY, look=0.01))
    eventually(lambda: keeper.asked > 3)


def test_it_tells_when_the_certificates_end_while_it_leads(
    start, lead: Lead, registry: CollectorRegistry, api: Api
) -> None:
    duty = start(replace(RARELY, look=0.01))
    eventually(lambda: expiry(registry, "serving"))
    assert expiry(registry, "serving") == api.stock.served.not_valid_after_utc.timestamp()
    assert expiry(registry, "authority") == api.stock.trusted[0].not_valid_after_utc.timestamp()
    lead.held = False
    eventually(lambda: duty.check() == Passing("standing by"))
    assert expiry(registry, "serving") is None


def test_whoever_stands_by_does_nothing(start, lead: Lead, keeper: WatchedKeeper) -> None:
    lead.held = False
    duty = start()
    duty.wake()
    assert duty.check() == Passing("standing by")
    lead.held = True
    eventually(lambda: keeper.asked == 1)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Unreachable("GET /api", "host", OSError("gone")), id="the API is away"),
        pytest.param(RuntimeError("a mistake of ours"), id="a mistake of ours"),
    ],
)
def test_what_fails_is_told_and_tried_again(start, keeper: WatchedKeeper, error: Exception) -> None:
    keeper.error = error
    duty = start()
    eventually(lambda: keeper.asked > 2)
    assert isinstance(duty.check(), Failing)
    keeper.error = None
    eventually(lambda: duty.check() == Passing("all is well"))
