"""The volumes that are measured, and which is next: pure arithmetic on times of a monotonic clock, in seconds."""

import heapq
from dataclasses import dataclass
from typing import Final

from controller.export.measuring.counted import Walked
from controller.export.measuring.volume import Result
from controller.export.outcomes import Disturbed, Measured, Unavailable
from controller.export.requests import Measure

_UNASKED: Final = 2
"""A volume falls off after so many turns that nobody has asked for it in between."""


@dataclass(slots=True)
class _Planned:
    request: Measure
    due: float
    unasked: int = 0
    result: Result | None = None
    walked: Walked | None = None


class Schedule:
    """The volumes that somebody asks for, by their uids, each of which comes when it is due."""

    def __init__(self) -> None:
        self._planned: dict[str, _Planned] = {}
        self._due: list[tuple[float, str]] = []

    def ask(self, request: Measure, due: float) -> Result | None:
        """What the volume's last turn came to, None where it had none yet; it stays on the list. One that is not there
        is due then.
        """
        planned = self._planned.get(request.volume_uid)
        if planned is None:
            self._planned[request.volume_uid] = _Planned(request, due)
            heapq.heappush(self._due, (due, request.volume_uid))
            return None
        planned.request, planned.unasked = request, 0
        return planned.result

    def take(self, now: float) -> Measure | None:
        """The volume whose turn it is; None: there is none yet. It has no other turn before this one is over."""
        while self._due and self._due[0][0] <= now:
            _, volume_uid = heapq.heappop(self._due)
            planned = self._planned[volume_uid]
            if planned.unasked < _UNASKED:
                planned.unasked += 1
                return planned.request
            del self._planned[volume_uid]
        return None

    def walked(self, volume_uid: str) -> Walked | None:
        """The last walk through the volume whose turn it is, of those beside a quota; None where there was none."""
        return self._planned[volume_uid].walked

    def remember(self, volume_uid: str, walked: Walked) -> None:
        """The volume whose turn it is was walked through beside its quota."""
        self._planned[volume_uid].walked = walked

    def finish(self, volume_uid: str, result: Result | None, due: float) -> str | None:
        """A turn is over, the next one is then. Returns the volume's name where there is news of it.

        Older figures stand where there are no newer ones to be had for now. None: the turn came to nothing.
        """
        planned = self._planned[volume_uid]
        heapq.heappush(self._due, (due, volume_uid))
        stands = result is None or (
            isinstance(result, Unavailable | Disturbed) and isinstance(planned.result, Measured)
        )
        if stands or result == planned.result:
            return None
        planned.result = result
        return planned.request.volume

    def seconds_to_next(self, now: float) -> float | None:
        """How long until somebody's turn; None: nobody is on the list but those whose turn it is."""
        return max(0.0, self._due[0][0] - now) if self._due else None
