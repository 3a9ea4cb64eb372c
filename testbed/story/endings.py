"""How a case can end, and what is expected of it.

An ending counts only with its proof: `ContainerCreating` alone may be a Pod that is about to run, and every claim is
`Pending` for a moment.
"""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What has become of a case; the words are those that kubectl shows, where it has any."""

    REFUSED = "refused"  # by the API server; with its message
    PENDING = "Pending"  # the claim, and the controller that binds claims has said why
    CONTAINER_CREATING = "ContainerCreating"  # the Pod, and the kubelet has said why it cannot mount
    RUNNING = "Running"  # the Pod, and the file it wrote is on the export
    # Where nothing can mount, the best that can be known of a Pod that would run, and of one that would not:
    SCHEDULED = "scheduled"  # and the directory is there
    SCHEDULED_IN_VAIN = "scheduled, directory missing"
    UNSETTLED = "unsettled"  # none of the above, or not proven yet


@dataclass(frozen=True, slots=True)
class Ending:
    """What was seen of one case: its state, and in whose words."""

    state: State
    words: str = ""

    def __str__(self) -> str:
        return f"{self.state}: {self.words}" if self.words else self.state.value


@dataclass(frozen=True, slots=True)
class Expected:
    """What one case should come to; `words` is a phrase that the ending's words must contain."""

    state: State
    words: str = ""

    def met_by(self, ending: Ending) -> bool:
        """Whether this is what was seen."""
        return ending.state is self.state and self.words in ending.words

    def without_mounts(self) -> "Expected":
        """What can be seen of it where nothing can mount; itself where a mount has no part in it."""
        if self.state is State.RUNNING:
            return Expected(State.SCHEDULED)
        return Expected(State.SCHEDULED_IN_VAIN) if self.state is State.CONTAINER_CREATING else self

    def __str__(self) -> str:
        return f"{self.state}: {self.words}" if self.words else self.state.value


IN_MOUNT_ERROR = "No such file or directory"
"""How mount.nfs tells that the server has no such directory; the kubelet passes it on in an Event."""
