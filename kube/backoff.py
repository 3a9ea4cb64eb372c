"""How long to wait after a failure before the next attempt."""

import random


class Backoff:
    """Delays that double from `initial` to `ceiling` seconds, each made up to twice as long at random.

    The randomness keeps many clients that lost the same server from coming back at the same moment.
    """

    def __init__(self, initial: float, ceiling: float) -> None:
        self._initial = initial
        self._ceiling = ceiling
        self._next = initial

    def failed(self) -> float:
        """Note a failure; the seconds to wait now."""
        delay = self._next
        self._next = min(2 * delay, self._ceiling)
        return delay * random.uniform(1, 2)

    def succeeded(self) -> None:
        """Begin again at `initial`."""
        self._next = self._initial
