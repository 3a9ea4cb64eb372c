"""For how long something has been seen to hold without a break."""

from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Streaks(Generic[T]):
    """Remembers since when each thing holds. `clock` is monotonic, in seconds; a new process begins at nothing."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since: dict[T, float] = {}

    def see(self, holding: Collection[T]) -> Mapping[T, float]:
        """What holds now, as has just been seen, with for how many seconds; all else has ended."""
        now = self._clock()
        self._since = {each: self._since.get(each, now) for each in holding}
        return {each: now - since for each, since in self._since.items()}

    def forget(self) -> None:
        """Nobody has looked for a while."""
        self._since = {}
