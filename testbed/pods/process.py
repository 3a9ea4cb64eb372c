"""A container's process: started in namespaces of its own, signalled, entered."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from testbed.pods.sandbox import Sandbox
from testbed.supervision.client import Program, SupervisedProcess, Supervisor
from testbed.supervision.identity import ProcessIdentity, children

LAUNCHER: Final = "testbed.pods.launch"
"""The module that makes a container: what runs it is outside, as the parent of the container's first process."""

_OUTPUT_SHOWN: Final = 500


@dataclass(frozen=True, slots=True)
class ContainerProcess:
    """A container's process, which a supervisor started."""

    sandbox: Sandbox
    process: SupervisedProcess

    @classmethod
    def start(cls, supervisor: Supervisor, sandbox: Sandbox, folder: Path, log: Path) -> "ContainerProcess":
        """Start it; its description is left in `folder`, its output goes to the end of `log`. Returns at once."""
        description = folder / "sandbox.json"
        sandbox.write(description)
        launch = [sys.executable, "-m", LAUNCHER, str(description)]
        return cls(sandbox, supervisor.start(Program("container", launch, log)))

    def status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self.process.status()

    def launched(self) -> bool:
        """Whether the container is made and its own program runs in it."""
        first = self._first()
        try:
            return first is not None and LAUNCHER.encode() not in Path(f"/proc/{first.pid}/cmdline").read_bytes()
        except OSError:  # it has ended already
            return True

    def signal(self, number: int) -> None:
        """Signal the container's first process, and it alone; nothing happens where it has ended."""
        if first := self._first():
            first.signal(number)

    def kill(self) -> None:
        """End it at once, with all processes in it: they go with the first. Returns at once."""
        if self._first():
            self.signal(signal.SIGKILL)
        else:
            self.process.send_signal(signal.SIGKILL)

    def execute(self, command: Sequence[str], timeout: float) -> str | None:
        """Run a command in the container as its user; returns what went wrong, or None."""
        first = self._first()
        if first is None:
            return "container not running"
        who = self.sandbox.privileges
        enter = ["nsenter", f"--target={first.pid}", "--mount", "--pid", "--uts", "--ipc", "--root", "--wd=/"]
        argv = [*enter, f"--setuid={who.uid}", f"--setgid={who.gid}", "--", *command]
        try:
            done = subprocess.run(
                argv, env=self._env(), stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            return f"command timed out or could not be run: {problem}"
        said = (done.stdout + done.stderr).decode(errors="replace")[-_OUTPUT_SHOWN:].strip()
        return f"command exited with {done.returncode}: {said}" if done.returncode else None

    def _env(self) -> dict[str, str]:
        # `nsenter` itself is looked for by our own PATH.
        return {**self.sandbox.env, "PATH": self.sandbox.env.get("PATH", os.defpath)}

    def _first(self) -> ProcessIdentity | None:
        for pid in children().get(self.process.pid, ()):
            return ProcessIdentity.of(pid)
        return None
