"""Years of authorities and certificates in seconds, with everything lagging, restarting and dying at random.

What must never be: a replica that serves what an API server does not trust.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from certs.seen import OurSecret
from policy.errors import StewardError

from .conftest import SETTLING, MakeKeeper
from .world import KINDS, Api, ApiServer, WebhookReplica, untrusted, up_to

YEARS = timedelta(days=850)
"""With authorities that live 400 days: the fourth is begun."""

KUBELET_LAG = 120.0
STALE_START = 40.0
API_SERVER_LAG = 40.0


class Died(StewardError):
    """The process is gone between two effects."""


@dataclass
class Life:
    """What happens, by chance."""

    api: Api
    make_keeper: MakeKeeper
    replicas: list[WebhookReplica]
    chance: random.Random
    deaths: int = 0
    authorities: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.servers = [ApiServer(self.api, up_to(API_SERVER_LAG, self.chance)) for _ in range(2)]
        for replica in self.replicas:
            replica.lag = up_to(KUBELET_LAG, self.chance)
        self.stuck_until = dict.fromkeys((replica.name for replica in self.replicas), 0.0)
        self.keeper = self.make_keeper()
        self.api.on_write = self._perhaps_die

    def go_on(self, span: timedelta) -> None:
        """Live on for so long; fails at the first request that would fail."""
        end = self.api.clock.now() + span
        while self.api.clock.now() < end:
            self._keep()
            self._follow()
            failures = untrusted(self.servers, self.replicas, self.api.clock.now())
            assert not failures, failures
            self._turn()

    def _keep(self) -> None:
        if self.chance.random() < 0.02:
            self.keeper = self.make_keeper()
        try:
            seen = self.keeper.settle().sighting.seen.secret
        except Died:
            self.keeper = self.make_keeper()
            self.deaths += 1
        else:
            assert isinstance(seen, OurSecret)
            self.authorities.add(seen.stock.authority_key)

    def _perhaps_die(self, _verb: str, _kind: str) -> None:
        if self.chance.random() < 0.3:
            raise Died("the process is dead")

    def _follow(self) -> None:
        now = self.api.clock.monotonic()
        for replica in self.replicas:
            if self.stuck_until[replica.name] > now:
                continue
            if self.chance.random() < 0.005:
                self.stuck_until[replica.name] = now + self.chance.uniform(0, 5 * 86400)
            elif self.chance.random() < 0.02:
                replica.restart(self.chance.uniform(0, STALE_START))
            else:
                replica.follow()

    def _turn(self) -> None:
        """Look closely for a while after each change, and pass over the time when nothing happens."""
        last_change = self.api.history[-1][0] if self.api.history else 0.0
        close = self.api.clock.monotonic() - last_change < 2 * (KUBELET_LAG + SETTLING)
        self.api.clock.turn(timedelta(seconds=self.chance.uniform(1, 30 if close else 2 * 86400)))


@pytest.fixture
def start_life(api: Api, make_keeper: MakeKeeper, replicas: list[WebhookReplica]) -> Callable[[int], Life]:
    """Start a life whose accidents come from a seed."""

    def start(seed: int) -> Life:
        for kind in KINDS:
            api.configure(kind)
        return Life(api, make_keeper, replicas, random.Random(seed))

    return start


@pytest.mark.parametrize("seed", [1, 2])
def test_at_no_moment_does_a_replica_serve_what_an_api_server_does_not_trust(
    start_life: Callable[[int], Life], seed: int
) -> None:
    life = start_life(seed)
    life.go_on(YEARS)
    assert len(life.authorities) >= 4
    assert life.deaths >= 10
    assert len(life.api.stock.trusted) <= 2


@pytest.mark.parametrize("settling", [0.0])
def test_without_patience_such_moments_are_seen(start_life: Callable[[int], Life]) -> None:
    life = start_life(3)
    with pytest.raises(AssertionError, match="calls webhook-"):
        life.go_on(YEARS)
