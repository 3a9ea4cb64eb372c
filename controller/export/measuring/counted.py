"""Figures of a quota that counts bytes and no files, as that of btrfs: how many files there are, walks have found."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from controller.export.outcomes import Measured


@dataclass(frozen=True, slots=True)
class Counted:
    """How many bytes the quota of a volume counts, `at` a time in UTC."""

    bytes: int
    at: datetime

    def with_files(self, files: int) -> Measured:
        """All that is told of a volume."""
        return Measured(self.bytes, files, self.at)


@dataclass(frozen=True, slots=True)
class Walked:
    """A volume had so many `files` by a walk that began when its quota said `counted`."""

    counted: Counted
    files: int

    def still_holds(self, now: Counted, full_every: timedelta) -> bool:
        """Whether another walk can wait: the quota says the same, and this one is not too old. Where the quota is late,
        it tells of changes which this walk has seen: the next one comes for nothing then, but none is left out.
        """
        return now.bytes == self.counted.bytes and now.at - self.counted.at < full_every
