"""A controller that writes down each of its effects, and dies with one of them.

Between an effect and whatever the controller would do next there is nothing: it is gone at once, with status DIED.
"""

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from controller.duties.duty import DutyTiming
from controller.export import export
from controller.export.area import Folder
from controller.export.copying.calls import CopyCalls
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
ON_A_COPY = frozenset(
    {
        "make_folder",
        "create_file",
        "make_link",
        "share",
        "clone",
        "copy_range",
        "write",
        "set_size",
        "set_owner",
        "set_mode",
        "set_times",
        "set_owner_of",
        "set_times_of",
        "remove_file",
        "remove_folder",
    }
)
"""Those of `CopyCalls`."""
ON_THE_API = frozenset({"perform"})


@dataclass(frozen=True, slots=True)
class Terms:
    """Of a life: it ends with so many `effects`, or (None) with the first of a kind with which none has ended before.

    Its effects are added to `journal`, the kind with which it ended to `endings`. `log` is what the controller says.
    """

    effects: int | None
    journal: Path
    endings: Path
    log: Path
    policy: Path
    kubeconfig: Path
    export: Path
    health_port: int


class Life:
    """One effect at a time, each of which is a line of the journal.

    Those on records of use are free: who keeps house removes old ones, and other tests leave any number of them.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._had = 0
        self._endings = set(terms.endings.read_text().splitlines() if terms.endings.exists() else ())
        self._lock = threading.Lock()

    def spend(self, name: str, effect: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Have an effect and write it down; die if it was the last. Where it fails it is none."""
        folder = self._folder(arguments)
        if folder == Folder.USAGE:
            return effect(*arguments)
        with self._lock:
            result = effect(*arguments)
            _add(self._terms.journal, name)
            self._had += 1
            self._end_with(f"{name} {folder}".strip())
            return result

    def _end_with(self, kind: str) -> None:
        if kind not in self._endings if self._terms.effects is None else self._had == self._terms.effects:
            _add(self._terms.endings, kind)
            os._exit(DIED)

    def _folder(self, arguments: tuple[Any, ...]) -> str:
        """Where on the export an effect is: a folder of our own area, or `.` for all that is elsewhere; '' for one on
        the API. The first descriptor among its arguments tells.
        """
        opened = next((each for each in arguments if isinstance(each, int)), None)
        if opened is None:
            return ""
        parts = Path(f"/proc/self/fd/{opened}").readlink().parts
        return next(iter(parts[parts.index(RESERVED) + 1 :]), RESERVED) if RESERVED in parts else "."


def _add(file: Path, line: str) -> None:
    with file.open("a") as lines:
        lines.write(f"{line}\n")


class Mortal:
    """Does what `wrapped` does; its effects, which are those of its methods that `called` has a name for, cost life."""

    def __init__(self, wrapped: Any, life: Life, called: Callable[[str, tuple[Any, ...]], str | None]) -> None:
        self._wrapped, self._life, self._called = wrapped, life, called

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._wrapped, name)

        def have(*arguments: Any) -> Any:
            called = self._called(name, arguments)
            return method(*arguments) if called is None else self._life.spend(called, method, arguments)

        return have


def on_the_export(name: str, _arguments: tuple[Any, ...]) -> str | None:
    """What an effect on the export is called: as its system call."""
    return name if name in ON_THE_EXPORT else None


def on_a_copy(name: str, _arguments: tuple[Any, ...]) -> str | None:
    """What an effect on a copy is called, that is made of another tree."""
    return f"copy.{name}" if name in ON_A_COPY else None


def on_the_api(name: str, arguments: tuple[Any, ...]) -> str | None:
    """What an effect on the API is called."""
    return type(arguments[0]).__name__ if name in ON_THE_API else None


def live(terms: Terms) -> None:
    """Run the cluster's duty and that of the export `main`, as the process that this is."""
    with terms.log.open("ab") as log:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(log.fileno(), stream.fileno())
    life = Life(terms)
    options = ControllerOptions(
        policy=terms.policy,
        cluster=True,
        exports={"main": terms.export},
        kubeconfig=terms.kubeconfig,
        # Each life takes over from the one before at once: the Lease need not run out for its own holder.
        identity="mortal",
        health_port=terms.health_port,
        timing=Timing(duty=DutyTiming(workers=1), lease=LeaseDurations(lease=10.0, renew_deadline=8.0, retry=0.5)),
    )
    seams = Seams(
        operations=lambda real: Mortal(real, life, on_the_export),
        api=lambda real: Mortal(real, life, on_the_api),
    )
    with patch.object(export, "CopyCalls", lambda: Mortal(CopyCalls(), life, on_a_copy)):
        run_controller(options, seams)
