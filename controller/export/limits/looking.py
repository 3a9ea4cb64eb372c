"""Which limits an export cannot keep, for people who ask beforehand."""

from collections.abc import Mapping
from pathlib import Path

from controller.export.limits.kinds import Limiting
from controller.export.limits.tools import ToolFailed
from controller.export.operations import SystemCalls
from controller.export.visit import PlaceRefused, visiting
from policy.parameters import QuotaKind


def objections_to_limits(root: Path, limiting: Limiting | None = None) -> Mapping[QuotaKind, str]:
    """Why the file system at `root` cannot keep limits of a kind, of those that it cannot; nothing of one that is
    mounted over the network, nor where we may not ask. Raises `OSError`.
    """
    found = {}
    limiting = limiting or Limiting()
    with visiting(SystemCalls(), root) as visit:
        for quota in QuotaKind if not limiting.mount_of(visit.root).kind.startswith("nfs") else ():
            try:
                limiting.check(visit, quota)
            except PlaceRefused as refused:
                found[quota] = str(refused)
            except ToolFailed:
                continue
    return found
