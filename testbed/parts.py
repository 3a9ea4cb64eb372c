"""Getting hold of what a testbed needs, and noting what has to stand in for what cannot be had."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from testbed.control_plane import ControlPlaneOptions
from testbed.debian import NODE, UnpackedPackages, obtain_packages
from testbed.errors import CommandFailed, PartUnavailable, StartFailed, TestbedError
from testbed.export import exportable_folder, obtain_server
from testbed.node.guest import GuestOptions, check_possible
from testbed.pods.local_node import LocalPods
from testbed.programs import Programs, obtain_programs
from testbed.progress import Progress

T = TypeVar("T")

PLAIN_FOLDER: Final = "the export is a plain folder: nothing can mount it"
_UNABLE: Final = (PartUnavailable, StartFailed, CommandFailed)
STAND_IN: Final = "a Ready Node object stands in: Pods are scheduled, and none of them runs"


@dataclass(frozen=True, slots=True)
class TestbedOptions:
    """What a testbed shall have. With `require_all`, a part that cannot be had is an error, and nothing stands in.

    With `local_pods`, Pods are processes of this machine: there is no guest then, and `node` does not matter. With
    `pod_network`, the API server and Pods on the node reach each other, as in any cluster: Services are Pods'
    business then, and their addresses no longer this machine's.
    """

    __test__ = False  # pytest takes every class called Test... for a test

    node: bool = True
    nfs_server: bool = True
    local_pods: LocalPods | None = None
    pod_network: bool = False
    require_all: bool = False
    control_plane: ControlPlaneOptions = field(default_factory=ControlPlaneOptions)
    guest: GuestOptions = field(default_factory=GuestOptions)


@dataclass
class Substitutions:
    """What stands in for what, as sentences for people: `notes`."""

    require_all: bool
    progress: Progress
    notes: list[str] = field(default_factory=list)

    def obtain(self, get: Callable[[], T], otherwise: str) -> T | None:
        """What `get` returns; None, with a note that says why and what then (`otherwise`), where it cannot be had."""
        try:
            return get()
        except _UNABLE as problem:
            self._do_without(problem, otherwise)
            return None

    def succeeds(self, step: Callable[[], None], otherwise: str) -> bool:
        """Whether `step` could be done; where it could not, a note says why and what then (`otherwise`)."""
        try:
            step()
        except _UNABLE as problem:
            self._do_without(problem, otherwise)
            return False
        return True

    def _do_without(self, problem: TestbedError, otherwise: str) -> None:
        if self.require_all:
            raise problem
        note = f"{problem}. So {otherwise}."
        self.notes.append(note)
        self.progress.say(note)


@dataclass(frozen=True, slots=True)
class Parts:
    """The programs of each part; None for the NFS server or the node where there will be none."""

    programs: Programs
    nfs_server: UnpackedPackages | None
    export_root: Path
    node: UnpackedPackages | None


def obtain_parts(folder: Path, options: TestbedOptions, substitutions: Substitutions) -> Parts:
    """Find, fetch or build everything for a testbed in `folder`; starts nothing.

    Raises `PartUnavailable` where the Kubernetes programs cannot be had.
    """
    progress = substitutions.progress
    root = folder / "export"
    server = node = None
    if options.nfs_server:
        server = substitutions.obtain(lambda: obtain_server(progress), PLAIN_FOLDER)
    if server:
        exportable = substitutions.obtain(lambda: exportable_folder(root), PLAIN_FOLDER)
        server, root = (server, exportable) if exportable else (None, root)
    if options.node and not options.local_pods:
        node = substitutions.obtain(lambda: _obtain_node(folder, progress), STAND_IN)
    root.mkdir(parents=True, exist_ok=True)
    return Parts(obtain_programs(progress), server, root, node)


def _obtain_node(folder: Path, progress: Progress) -> UnpackedPackages:
    check_possible(folder)
    return obtain_packages(NODE, progress)
