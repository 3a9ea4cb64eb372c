"""What a node tells of a Pod, where its owner looks for it."""

from dataclasses import dataclass

from kube.events import EventRecorder, EventType, ObjectReference


@dataclass(frozen=True, slots=True)
class Telling:
    """Events about one Pod."""

    events: EventRecorder
    pod: ObjectReference

    def normal(self, reason: str, message: str) -> None:
        """Tell of something that is as it should be."""
        self._tell("Normal", reason, message)

    def warning(self, reason: str, message: str) -> None:
        """Tell of something that is not."""
        self._tell("Warning", reason, message)

    def _tell(self, kind: EventType, reason: str, message: str) -> None:
        self.events.record(self.pod, kind, reason, message)
