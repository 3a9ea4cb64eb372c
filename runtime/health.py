"""Health checks by name, and the page that kubelets and people read.

The format is that of Kubernetes' own components: https://kubernetes.io/docs/reference/using-api/health-checks/
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Passing:
    """All is well; `detail` may say how well."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Failing:
    """It is not; `reason` says what is wrong, for somebody who reads the page."""

    reason: str


CheckResult: TypeAlias = Passing | Failing
Check: TypeAlias = Callable[[], CheckResult]


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of all checks. `text` has one line for each of them."""

    healthy: bool
    text: str


class Health:
    """The checks of one endpoint, in the order in which they were added."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._checks: list[_Named] = []

    def add(self, name: str, check: Check, *, informative: bool = False) -> None:
        """Add a check, which must be quick. An `informative` one is shown and does not make the report unhealthy."""
        self._checks.append(_Named(name, check, informative))

    def report(self) -> Report:
        """Run every check. One that raises counts as failing."""
        outcomes = [(named, _outcome(named)) for named in self._checks]
        healthy = not any(isinstance(result, Failing) for named, result in outcomes if not named.informative)
        lines = [_line(named, result) for named, result in outcomes]
        verdict = f"{self._name} check {'passed' if healthy else 'failed'}"
        return Report(healthy, "\n".join([*lines, verdict, ""]))


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    check: Check
    informative: bool


def _outcome(named: _Named) -> CheckResult:
    try:
        return named.check()
    except Exception as error:
        _LOG.exception("health check raised", extra={"keys": {"check": named.name}})
        return Failing(f"the check itself failed: {error}")


def _line(named: _Named, result: CheckResult) -> str:
    match result:
        case Passing(detail):
            return f"[+]{named.name} ok" + (f": {detail}" if detail else "")
        case Failing(reason):
            return f"[-]{named.name} failed: {reason}" + (" (does not count)" if named.informative else "")
