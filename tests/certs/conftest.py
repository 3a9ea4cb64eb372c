from datetime import UTC, datetime, timedelta

import pytest

from certs.authority import KeyPair, issue_authority
from certs.names import ServingNames


class SettableClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def names() -> ServingNames:
    return ServingNames.parse(["localhost", "nfs-steward-webhook.nfs-steward.svc"], ["127.0.0.1", "::1"])


@pytest.fixture
def authority(clock: SettableClock) -> KeyPair:
    return issue_authority(timedelta(days=90), clock)
