"""What the controller works on, one key each."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from policy import keys


class Kind(StrEnum):
    """The kinds of objects that lead to work; of the ledger of gids there is one, and of each export's house too. The
    limits of a namespace are a ResourceQuota and a LimitRange of one name. The usage of a volume is another thing to
    look at than the volume itself: it goes by figures that come from the export.
    """

    POD = "pod"
    CLAIM = "claim"
    VOLUME = "volume"
    NAMESPACE = "namespace"
    LIMITS = "limits"
    GIDS = "gids"
    HOUSE = "house"
    USAGE = "usage"

    @property
    def can_wait(self) -> bool:
        """Whether it comes after all others: figures are old by nature, and after a start each volume has one due."""
        return self is Kind.USAGE


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


def limits_of(namespace: str) -> Work:
    """The limits of a namespace, as something to look at."""
    return Work(Kind.LIMITS, namespace, keys.LIMITS)


def usage_of(volume: str) -> Work:
    """The use of a volume, as something to look at."""
    return Work(Kind.USAGE, "", volume)
