from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from controller.certificates.effects import ClusterCertificates
from controller.certificates.keeping import Keeper, Ways
from controller.certificates.observing import Observer
from controller.certificates.options import CertificateOptions
from controller.decisions.actions import Tell

from .world import NAMESPACE, Api, TurnedClock, WebhookReplica, asked

OPTIONS = CertificateOptions(lifetime=timedelta(days=60), authority_lifetime=timedelta(days=400))
SETTLING = 60.0

MakeKeeper = Callable[..., Keeper]


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def api(clock: TurnedClock) -> Api:
    return Api(clock)


@pytest.fixture
def told() -> list[Tell]:
    """The Events, in order."""
    return []


@pytest.fixture
def replicas(api: Api) -> list[WebhookReplica]:
    """Two that follow at once."""
    return [WebhookReplica(name, api, lambda: 0.0) for name in ("webhook-0", "webhook-1")]


@pytest.fixture
def settling() -> float:
    """In seconds; a test may want another one."""
    return SETTLING


@pytest.fixture
def make_keeper(
    api: Api, clock: TurnedClock, told: list[Tell], replicas: list[WebhookReplica], settling: float
) -> MakeKeeper:
    """Make a keeper as a process makes it that has just begun to lead: it remembers nothing."""

    def make(options: CertificateOptions = OPTIONS, may_act: Callable[[], bool] = lambda: True) -> Keeper:
        client: Any = api
        observer = Observer(client, NAMESPACE, options, clock, asked(replicas))
        ways = Ways(observer, ClusterCertificates(client), told.append, may_act, clock)
        return Keeper(options, NAMESPACE, settling, ways)

    return make
