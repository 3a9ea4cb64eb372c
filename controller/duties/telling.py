"""Telling in few Events: each costs the API server as much as the volume, or the Pod's gate, that it is about."""

from collections.abc import Callable
from dataclasses import replace

from controller.decisions.actions import Tell


class Telling:
    """What is told of one object while it is dealt with. A foreword is held back, and said at the end of the good news
    that follows about the same object; where none does, it is an Event of its own.
    """

    def __init__(self, tell: Callable[[Tell], None]) -> None:
        self._tell = tell
        self._held: list[Tell] = []

    def tell(self, event: Tell) -> None:
        """Tell of something, now or later."""
        if event.foreword:
            self._held.append(event)
        elif event.type == "Normal":
            said = [each for each in self._held if each.about == event.about]
            self._held = [each for each in self._held if each.about != event.about]
            self._tell(replace(event, message=" ".join([event.message, *(each.message for each in said)])))
        else:
            self._tell(event)

    def finish(self) -> None:
        """Tell what is still held back."""
        held, self._held = self._held, []
        for event in held:
            self._tell(event)
