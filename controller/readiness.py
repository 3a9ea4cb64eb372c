"""What `/readyz` says. A duty that works is ready, whatever its export does: that line is for people."""

from collections.abc import Callable
from typing import Any, Final

from controller.export.health import ExportHealth
from kube.informer import Informer
from kube.lease import LeaderElection
from runtime.health import Check, CheckResult, Failing, Passing
from runtime.policyfile import PolicyFile

# A watch that is well says something about every minute, and is begun anew after 150 s of silence.
_SILENT_WATCH: Final = 200.0
_SILENT_ELECTION: Final = 30.0


def watch_check(informers: Callable[[], tuple[Informer[Any], ...]]) -> Check:
    """Whether everything has been seen once, and is still being watched."""

    def check() -> CheckResult:
        late = [informer for informer in informers() if not informer.synced or _silent(informer.last_contact)]
        if not late:
            return Passing()
        reasons = (f"{each.resource.plural} ({each.failure or 'no answer yet'})" for each in late)
        return Failing(f"not up to date with {', '.join(dict.fromkeys(reasons))}")

    return check


def election_check(election: LeaderElection) -> Check:
    """Whether we know who holds the Lease; that it is we is not asked for."""

    def check() -> CheckResult:
        contact = election.last_contact
        if contact is None or contact > _SILENT_ELECTION:
            return Failing("the API has not said for a while who holds the Lease")
        return Passing("leading" if election.leading else f"standing by, {election.holder or 'nobody'} leads")

    return check


def export_check(health: ExportHealth) -> Check:
    """How the export is, to be added as informative."""

    def check() -> CheckResult:
        trouble = health.trouble
        return Failing(f"{trouble.state}: {trouble.why}") if trouble else Passing()

    return check


def policy_check(policy: PolicyFile) -> Check:
    """Whether the policy file as it is now is the one in use, to be added as informative."""

    def check() -> CheckResult:
        return Failing(f"the last good policy stays in use: {policy.problem}") if policy.problem else Passing()

    return check


def _silent(last_contact: float | None) -> bool:
    return last_contact is None or last_contact > _SILENT_WATCH
