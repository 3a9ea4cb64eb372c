"""What the controller works on, one key each."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from policy import keys


class Kind(StrEnum):
    """The kinds of objects that lead to work; of the ledger of gids there is one, and of each export's house too."""

    POD = "pod"
    CLAIM = "claim"
    VOLUME = "volume"
    NAMESPACE = "namespace"
    GIDS = "gids"
    HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Work:
    """One object to look at; `namespace` is empty for kinds that have none."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


GIDS: Final = Work(Kind.GIDS, "", keys.GID_LEDGER)
"""The ledger of gids, as something to look at."""
