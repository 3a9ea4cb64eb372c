"""What a container is doing, and what that means for its Pod: pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from policy.shapes import Json

CREATING: Final = "ContainerCreating"
CRASHED: Final = "CrashLoopBackOff"
_SIGNALLED: Final = 128


@dataclass(frozen=True, slots=True)
class Waiting:
    """It has not been started yet, or not again."""

    reason: str = CREATING
    message: str = ""

    def told(self) -> Json:
        """As a container's `state`."""
        return {"waiting": {"reason": self.reason} | ({"message": self.message} if self.message else {})}


@dataclass(frozen=True, slots=True)
class Running:
    """It has been running since then."""

    since: str

    def told(self) -> Json:
        """As a container's `state`."""
        return {"running": {"startedAt": self.since}}


@dataclass(frozen=True, slots=True)
class Terminated:
    """It has ended. `code`: the exit status, or 128 and the number of the signal."""

    code: int
    since: str
    until: str

    def told(self) -> Json:
        """As a container's `state`."""
        reason = "Error" if self.code else "Completed"
        return {
            "terminated": {
                "exitCode": self.code,
                "reason": reason,
                "startedAt": self.since,
                "finishedAt": self.until,
            }
        }


State = Waiting | Running | Terminated


def exit_code(status: int) -> int:
    """The code by which a kubelet tells of a process's end; `status` is negative for a signal."""
    return status if status >= 0 else _SIGNALLED - status


def restarted(policy: str, code: int) -> bool:
    """Whether a container that ended with `code` is started again, under its Pod's `restartPolicy`."""
    return policy == "Always" or (policy == "OnFailure" and code != 0)


def phase(states: Iterable[State], policy: str) -> str:
    """The phase of a Pod whose containers are in these states; one that will be started again has not ended."""
    all_states = list(states)
    ended = [state for state in all_states if isinstance(state, Terminated) and not restarted(policy, state.code)]
    if all_states and len(ended) == len(all_states):
        return "Failed" if any(state.code for state in ended) else "Succeeded"
    creating = all(isinstance(state, Waiting) and state.reason != CRASHED for state in all_states)
    return "Pending" if creating else "Running"


def now() -> str:
    """The time as the API writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
