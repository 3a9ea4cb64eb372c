"""What the controller works on, one key each."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of objects that lead to work."""

    POD = "pod"
    CLAIM = "claim"
    VOLUME = "volume"
    NAMESPACE = "namespace"


@dataclass(frozen=True, slots=True)
class Work:
    """One object to look at; `namespace` is empty for kinds that have none."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"
