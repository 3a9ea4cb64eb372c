"""The side of a testbed that has an agent work for it."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from testbed.commands import run
from testbed.errors import CommandFailed, PartUnavailable
from testbed.export import NfsExport, PlainFolder
from testbed.kubectl import Kubectl
from testbed.pods.images import Image, nfs_steward_of_this_checkout
from testbed.pods.node import TAINT
from testbed.pods.process import LAUNCHER
from testbed.supervision.client import Program, SupervisedProcess, Supervisor
from testbed.supervision.identity import descendants
from testbed.waiting import STARTS_WITHIN, wait_for

LOCAL_NODE: Final = "local"
"""What such a node is called where nobody says otherwise."""
OUR_IMAGE: Final = "nfs-steward"
TOLERATIONS: Final = [{"key": TAINT, "operator": "Exists", "effect": "NoSchedule"}]
"""What a Pod needs that shall run on a node with the taint."""

_PART: Final = "node of local processes"
# What it does first, tried out: a namespace for mounts with a file system over the machine's own.
_TRIAL: Final = """
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay none -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
mount -t proc none /mnt/root/proc
"""


@dataclass(frozen=True, slots=True)
class LocalPods:
    """How Pods run as processes of this machine. `images` are by repository; by default nfs-steward's own is this
    checkout. With `tainted`, only Pods come to the node that tolerate it (`TOLERATIONS`).
    """

    images: Mapping[str, Image] = field(default_factory=lambda: {OUR_IMAGE: nfs_steward_of_this_checkout()})
    tainted: bool = False


@dataclass
class LocalNode:
    """A node whose Pods are processes of this machine. `folder` and `logs` are its own."""

    name: str
    folder: Path
    logs: Path
    export: NfsExport | PlainFolder
    supervisor: Supervisor
    pods: LocalPods = field(default_factory=LocalPods)
    process: SupervisedProcess | None = field(default=None, init=False)

    def join(self, kubectl: Kubectl) -> None:
        """Start the agent; returns when the scheduler may send Pods.

        Raises `PartUnavailable` where this machine does not let us make containers.
        """
        check_possible()
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{self.name}.log"
        arguments = [f"--kubeconfig={kubectl.kubeconfig}", f"--node={self.name}", f"--folder={self.folder}"]
        arguments += [f"--logs={self.logs / self.name}", *(["--taint"] if self.pods.tainted else [])]
        arguments += ["--nfs", self.export.server, self.export.path, str(self.export.root), *self._image_options()]
        argv = [sys.executable, "-m", "testbed.pods", *arguments]
        self.process = self.supervisor.start(Program(f"node {self.name}", argv, log))
        ready = ("get", f"node/{self.name}", "--ignore-not-found", "-o=jsonpath={.status.conditions[*].type}")
        wait_for("the node's being there", lambda: kubectl(*ready), STARTS_WITHIN, self.process)
        # A node is created with a taint that the node controller takes off when it gets to it.
        taints = ("get", f"node/{self.name}", "-o=jsonpath={.spec.taints[*].key}")
        expected = TAINT if self.pods.tainted else ""
        wait_for("the node's being schedulable", lambda: kubectl(*taints) == expected, STARTS_WITHIN, self.process)

    def pod_log(self, namespace: str, pod: str, container: str) -> str:
        """What a container of a Pod of this name has said, in all its lives; empty where it has not run yet."""
        try:
            return (self.logs / self.name / namespace / pod / f"{container}.log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def signal(self, pod_uid: str, container: str, number: int) -> None:
        """Signal every process of a container, such as SIGSTOP to have it hang; nothing happens where none runs."""
        for pid in _launchers(f"/{pod_uid}/containers/{container}/"):
            for each in descendants(pid):
                with suppress(ProcessLookupError):
                    os.kill(each, number)

    def _image_options(self) -> list[str]:
        options = []
        for index, (repository, image) in enumerate(self.pods.images.items()):
            file = self.folder / f"image-{index}.json"
            image.write(file)
            options += ["--image", repository, str(file)]
        return options


def _launchers(description: str) -> Iterator[int]:
    """The processes that have started a container by this description, and wait for its end."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            arguments = path.read_bytes().decode(errors="replace")
            if LAUNCHER in arguments and description in arguments:
                yield int(path.parent.name)


def check_possible() -> None:
    """Raise `PartUnavailable`, with the reason, where this machine does not let us make containers."""
    if os.geteuid() != 0:
        raise PartUnavailable(
            _PART, "containers have users and mounts, which only root may give them", "run it as root"
        )
    for program in ("unshare", "nsenter"):
        if not shutil.which(program):
            raise PartUnavailable(_PART, f"no `{program}` on this machine", "apt-get install util-linux")
    try:
        run(["unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "sh", "-ec", _TRIAL])
    except CommandFailed as problem:
        reason = f"namespaces with mounts of their own are needed: {problem}"
        raise PartUnavailable(_PART, reason, "run this on a machine, or in a container that may mount") from problem
