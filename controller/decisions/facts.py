"""What decisions are given beside the object itself."""

from dataclasses import dataclass

from controller.observed.occupied import OccupiedDirectories
from controller.rules import Rules
from policy.model import Export
from policy.profiles import NamespaceSettings


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """What one export's duty knows when it looks at an object of a namespace; no settings: it is not opted in. `gid`
    is the namespace's own, None where it has none yet.
    """

    rules: Rules
    export: Export
    settings: NamespaceSettings | None
    occupied: OccupiedDirectories
    gid: int | None = None
