"""The probes of a container that runs, taken together: whether it has started, is ready, hangs."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from policy.shapes import Json
from testbed.pods.probes import Ask, Probe, Timing

_STARTUP: Final = "startupProbe"
_READINESS: Final = "readinessProbe"
_LIVENESS: Final = "livenessProbe"
_CALLED: Final = {_STARTUP: "Startup", _READINESS: "Readiness", _LIVENESS: "Liveness"}


class Checks:
    """The probes of one container, from its start to its end.

    `asks` says how to ask what a probe wants to know; `told` hears every bad answer.
    """

    def __init__(self, container: Json, asks: Callable[[Mapping[str, Any]], Ask], told: Callable[[str], None]) -> None:
        self._container = container
        self._asks = asks
        self._told = told
        self._probes: dict[str, Probe] = {}

    @property
    def started(self) -> bool:
        """Whether it counts as started."""
        return _STARTUP not in self._container or self._passes(_STARTUP) is True

    @property
    def ready(self) -> bool:
        """Whether it wants to be sent work."""
        return self.started and (_READINESS not in self._container or self._passes(_READINESS) is True)

    @property
    def hangs(self) -> bool:
        """Whether it has to be started again."""
        return self._passes(_STARTUP) is False or self._passes(_LIVENESS) is False

    def advance(self) -> None:
        """Start the probes whose time has come: until it has started, only whether it has is asked."""
        wanted = (_READINESS, _LIVENESS) if self.started else (_STARTUP,)
        if self.started and (startup := self._probes.get(_STARTUP)):
            startup.stop()
        for name in wanted:
            if name in self._container and name not in self._probes:
                self._probes[name] = self._probe(name)
                self._probes[name].start()

    def stop(self, *, but_readiness: bool = False) -> None:
        """Ask no more. One that is being ended is still asked whether it is ready, as it may still be working."""
        for name, probe in self._probes.items():
            if not (but_readiness and name == _READINESS):
                probe.stop()

    def _passes(self, name: str) -> bool | None:
        probe = self._probes.get(name)
        return probe.passes if probe else None

    def _probe(self, name: str) -> Probe:
        described = self._container[name]
        called = f"{_CALLED[name]} probe failed"
        return Probe(
            name, self._asks(described), Timing.of(described), lambda problem: self._told(f"{called}: {problem}")
        )
