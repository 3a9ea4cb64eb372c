"""Dealing with one object: decide, do, look again, until there is nothing more to do for now."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from controller.decisions.actions import Action, ApiEffect, LookAgain, Tell, TryAgain, concerned
from controller.duties.role import Case
from controller.duties.telling import Telling
from controller.export.outcomes import Existed, Measured, Outcome, Underway
from controller.export.requests import PutBack, Request
from controller.gateway import ApiGateway, ChangedMeanwhile, EffectRefused
from policy.errors import StewardError
from runtime.logs import get_logger

Ask: TypeAlias = Callable[[Request], Outcome]
"""How to ask something of an export."""

_LOG: Final = get_logger(__name__)
_ROUNDS: Final = 16
"""How often one object may ask something of the export before it has to queue again."""


class NotLeading(StewardError):
    """The Lease was lost: whoever has it now does the rest."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing more to do until something changes."""


@dataclass(frozen=True, slots=True)
class Later:
    """Look again in `after` seconds."""

    after: float


@dataclass(frozen=True, slots=True)
class Again:
    """It did not work out, for the reason `why`: try again with growing delays."""

    why: str


Verdict: TypeAlias = Settled | Later | Again


@dataclass(frozen=True, slots=True)
class Gateways:
    """The only ways out: to the API, and to the duty's export; `ask` is None for the duty that has none."""

    api: ApiGateway
    ask: Ask | None = None


class Settler:
    """Performs what cases decide.

    `may_act` is asked before every effect: a process that has lost its Lease stops in the middle of an object. It still
    puts back what it set aside: that is no loss, and leaving it would be.
    """

    def __init__(self, gateways: Gateways, may_act: Callable[[], bool]) -> None:
        self._api = gateways.api
        self._ask_export = gateways.ask
        self._may_act = may_act

    def settle(self, case: Case) -> Verdict:
        """Deal with one object as far as it goes now; raises `NotLeading`, and `ApiError` where the API fails."""
        outcomes: dict[Request, Outcome] = {}
        for _ in range(_ROUNDS):
            actions = case.decide(outcomes)
            requests = [action for action in actions if isinstance(action, Request)]
            if not requests:
                return self._perform_all(actions)
            for request in requests:
                outcomes[request] = self._ask(request)
        return Again("it asks ever more of its export")

    def _perform_all(self, actions: Iterable[Action]) -> Verdict:
        telling = Telling(self._tell)
        verdict = self._perform_each(actions, telling)
        telling.finish()
        return verdict

    def _perform_each(self, actions: Iterable[Action], telling: Telling) -> Verdict:
        verdict: Verdict = Settled()
        for action in actions:
            match action:
                case LookAgain(after):
                    verdict = Later(after)
                case TryAgain(why):
                    verdict = Again(why)
                case Tell():
                    telling.tell(action)
                case _ if isinstance(action, Request):
                    self._ask(action)
                case _:
                    failed = self._attempt(action)
                    if failed:
                        return failed
        return verdict

    def _tell(self, event: Tell) -> None:
        self._fence()
        self._api.tell(event)

    def _attempt(self, effect: ApiEffect) -> Again | None:
        """Perform one effect; None where it worked."""
        self._fence()
        try:
            self._api.perform(effect)
        except ChangedMeanwhile as changed:
            return Again(str(changed))
        except EffectRefused as refused:
            for about in concerned(effect):
                self._api.tell(Tell(about, "Warning", effect.refused, f"The API server refuses it: {refused}"))
            return Again(str(refused))
        about = effect.about
        _LOG.info(
            "effect done", effect=type(effect).__name__, kind=about.kind, namespace=about.namespace, name=about.name
        )
        return None

    def _ask(self, request: Request) -> Outcome:
        if not isinstance(request, PutBack):  # whoever set something aside that was not his puts it back, Lease or not
            self._fence()
        assert self._ask_export is not None, "only an export's duty asks something of one"
        outcome = self._ask_export(request)
        if not isinstance(outcome, Existed | Underway | Measured):
            _LOG.info("export asked", request=str(request), outcome=str(outcome))
        return outcome

    def _fence(self) -> None:
        if not self._may_act():
            raise NotLeading("another process holds the Lease now")
