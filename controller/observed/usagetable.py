"""What is known of the use of the volumes of one export: one row each, for metrics, however many there are."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class UsageRow:
    """A claim whose volume holds so many `bytes` and `files`, of `capacity` bytes, as measured `at` a time, in UTC."""

    namespace: str
    claim: str
    bytes: int
    files: int
    capacity: int
    at: datetime


class UsageTable:
    """The rows by the name of the volume; safe for use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, UsageRow] = {}

    def __contains__(self, volume: str) -> bool:
        return volume in self._rows

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._rows))

    def put(self, volume: str, row: UsageRow) -> None:
        """Remember what a volume holds now."""
        with self._lock:
            self._rows[volume] = row

    def drop(self, volume: str) -> None:
        """Forget a volume, if it is known."""
        with self._lock:
            self._rows.pop(volume, None)

    def rows(self) -> list[UsageRow]:
        """All rows, as of one moment."""
        with self._lock:
            return list(self._rows.values())

    @property
    def oldest(self) -> datetime | None:
        """When the figure was measured that is the oldest of all; None where there is none."""
        return min((row.at for row in self.rows()), default=None)
