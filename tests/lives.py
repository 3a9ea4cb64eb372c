"""Controllers that die, within the process of the tests: after so many effects nothing of theirs happens any more."""

from collections.abc import Callable
from typing import Any

from controller.decisions.actions import ApiEffect, Tell
from controller.gateway import ApiGateway
from policy.errors import StewardError


class Dead(StewardError):
    """No effect comes any more."""


class Life:
    """Counts effects; once `effects` of them are done (None: never) there is nothing after it."""

    def __init__(self, effects: int | None) -> None:
        self.left = effects
        self.done = 0
        self.attempted = False

    def spend(self) -> None:
        """Have one effect; raises `Dead` where there can be none any more."""
        if self.left == 0:
            self.attempted = True
            raise Dead("the process is dead")
        if self.left is not None:
            self.left -= 1
        self.done += 1


class MortalApi:
    """The real API; what is written to it costs life, Events too."""

    def __init__(self, real: ApiGateway, life: Life) -> None:
        self._real, self._life = real, life

    def perform(self, effect: ApiEffect) -> None:
        """See `ApiGateway`."""
        self._life.spend()
        self._real.perform(effect)

    def tell(self, event: Tell) -> None:
        """See `ApiGateway`."""
        self._life.spend()
        self._real.tell(event)


class WritingApi(MortalApi):
    """As `MortalApi`; Events cost no life: those of a dead process are simply not told."""

    def tell(self, event: Tell) -> None:
        """See `ApiGateway`."""
        self._real.tell(event)


class MortalCalls:
    """The real system calls; those of which `changes` says, by their name, that they change something cost life."""

    def __init__(self, real: Any, life: Life, changes: Callable[[str], bool]) -> None:
        self._real, self._life, self._changes = real, life, changes

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._real, name)
        if not self._changes(name):
            return call

        def spend_and_call(*arguments: Any) -> Any:
            self._life.spend()
            return call(*arguments)

        return spend_and_call
