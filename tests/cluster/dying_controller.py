"""A controller that writes down each of its effects, and dies after so many of them. A program, not a module.

Between an effect and whatever the controller would do next there is nothing: it is gone at once, with status DIED.
"""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from controller.duties.duty import DutyTiming
from controller.export.area import Folder
from controller.options import ControllerOptions, Seams, Timing
from controller.program import run_controller
from kube.lease import LeaseDurations
from policy.paths import RESERVED

DIED = 9
ON_THE_EXPORT = frozenset(
    {
        "make_child",
        "set_owner",
        "set_mode",
        "unlock",
        "move",
        "move_directory",
        "create_file",
        "write",
        "remove_file",
        "remove_directory",
    }
)
ON_THE_API = frozenset({"perform"})
RECORDS = f"/{RESERVED}/{Folder.USAGE.value}"


class Life:
    """Lasts for a number of effects, one at a time; each is a line of the journal.

    Those on records of use are free: who keeps house removes old ones, and other tests leave any number of them.
    """

    def __init__(self, effects: int, journal: Path) -> None:
        self._left = effects
        self._journal = journal
        self._lock = threading.Lock()

    def spend(self, name: str, effect: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Have an effect and write it down; die if it was the last. Where it fails it is none."""
        if name not in ON_THE_API and self._is_on_records(arguments[0]):
            return effect(*arguments)
        with self._lock:
            result = effect(*arguments)
            with self._journal.open("a") as journal:
                journal.write(f"{self._called(name, arguments)}\n")
            self._left -= 1
            if self._left == 0:
                os._exit(DIED)
            return result

    @staticmethod
    def _is_on_records(folder: int) -> bool:
        return str(Path(f"/proc/self/fd/{folder}").readlink()).endswith(RECORDS)

    @staticmethod
    def _called(name: str, arguments: tuple[Any, ...]) -> str:
        """An effect on the API by its own name, one on the export by its system call's."""
        return type(arguments[0]).__name__ if name in ON_THE_API else name


class Mortal:
    """Does what `wrapped` does; its effects cost life."""

    def __init__(self, wrapped: Any, effects: frozenset[str], life: Life) -> None:
        self._wrapped, self._effects, self._life = wrapped, effects, life

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._wrapped, name)
        if name not in self._effects:
            return method
        return lambda *arguments: self._life.spend(name, method, arguments)


def main(effects: str, journal: str, policy: str, export: str, health_port: str) -> int:
    """Run the cluster's duty and that of the export `main`, for so many effects."""
    life = Life(int(effects), Path(journal))
    options = ControllerOptions(
        policy=Path(policy),
        cluster=True,
        exports={"main": Path(export)},
        # Each life takes over from the one before at once: the Lease need not run out for its own holder.
        identity="mortal",
        health_port=int(health_port),
        timing=Timing(duty=DutyTiming(workers=1), lease=LeaseDurations(lease=10.0, renew_deadline=8.0, retry=0.5)),
    )
    seams = Seams(
        operations=lambda real: Mortal(real, ON_THE_EXPORT, life),
        api=lambda real: Mortal(real, ON_THE_API, life),
    )
    return run_controller(options, seams)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
