"""An informer that runs only while the policy needs what it brings.

The chart gives the right to what is watched by the same rule, so that a feature that is off takes its rights with it.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from kube.informer import Informer
from policy.model import Policy

T = TypeVar("T")


class OnDemand(Generic[T]):
    """Starts what `make` returns when a policy comes of which `needed` is true, and stops it when that ends."""

    def __init__(self, needed: Callable[[Policy], bool], make: Callable[[], Informer[T]]) -> None:
        self._needed = needed
        self._make = make
        self._informer: Informer[T] | None = None
        self._following = threading.Lock()

    @property
    def informer(self) -> Informer[T] | None:
        """The informer that runs; None while the policy needs none."""
        return self._informer

    def get(self, name: str, namespace: str | None = None) -> T | None:
        """What is kept of one object; None also while nothing is watched, or has been listed."""
        informer = self._informer
        return None if informer is None else informer.get(name, namespace)

    def follow(self, policy: Policy) -> None:
        """Start or stop, as `policy` needs it."""
        with self._following:
            running, needed = self._informer, self._needed(policy)
            if needed and running is None:
                self._informer = self._make()
                self._informer.start()
            elif running is not None and not needed:
                self._informer = None
                running.stop()
