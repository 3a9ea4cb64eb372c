"""A controller that is often held up just before it has an effect, for as long as others take for theirs. A program.

It leads by a Lease in a namespace of its own: to whoever serves the same export by another Lease it is a leader that
does not know that it is none any more.
"""

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from controller.duties.duty import DutyTiming
from controller.options import ControllerOptions, Seams, Timing
from controller.program import run_controller

from .dying_controller import ON_THE_API, ON_THE_EXPORT

LONGEST = 0.3
"""Seconds that it is held up."""


class Hesitant:
    """Does what `wrapped` does; before an effect it may take a while."""

    def __init__(self, wrapped: Any, effects: frozenset[str], dice: random.Random) -> None:
        self._wrapped, self._effects, self._dice = wrapped, effects, dice

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._wrapped, name)
        if name not in self._effects:
            return method

        def have(*arguments: Any) -> Any:
            time.sleep(self._dice.choice((0.0, self._dice.uniform(0.0, LONGEST))))
            return method(*arguments)

        return have


def main(policy: str, export: str, health_port: str, namespace: str) -> int:
    """Run the duty of the export `main`; its Lease is in `namespace`."""
    dice = random.Random(namespace)
    options = ControllerOptions(
        policy=Path(policy),
        exports={"main": Path(export)},
        namespace=namespace,
        health_port=int(health_port),
        timing=Timing(duty=DutyTiming(retry_longest=1.0)),
    )
    seams = Seams(
        operations=lambda real: Hesitant(real, ON_THE_EXPORT, dice),
        api=lambda real: Hesitant(real, ON_THE_API, dice),
    )
    return run_controller(options, seams)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
