"""Running commands in a guest that is up."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import CommandFailed, StartFailed
from testbed.supervision.client import SupervisedProcess
from testbed.waiting import STARTS_WITHIN, wait_for


@dataclass(frozen=True, slots=True)
class Completed:
    """The end of a command in the guest: its exit status, and its output and errors as one text."""

    status: int
    output: str


@dataclass(frozen=True, slots=True)
class GuestShell:
    """A way into a guest: through the folder that both sides see."""

    share: Path
    process: SupervisedProcess | None = None

    def run(self, command: str, timeout: float = STARTS_WITHIN) -> Completed:
        """Run a shell command as root in the guest, to its end. Several may run at once.

        Raises `CommandFailed` after `timeout` seconds (the command is not ended by that).
        """
        stem = self.share / "commands" / f"{secrets.token_hex(8)}"
        unfinished = stem.with_suffix(".new")
        unfinished.write_text(command + "\n")
        unfinished.rename(stem.with_suffix(".command"))
        status = stem.with_suffix(".status")
        try:
            wait_for("the command's end", status.exists, timeout, self.process)
        except StartFailed as problem:
            raise CommandFailed(["(in the guest)", command], -1, str(problem)) from problem
        output = stem.with_suffix(".output")
        completed = Completed(int(status.read_text()), output.read_text(errors="replace"))
        status.unlink()
        output.unlink()
        return completed

    def check(self, command: str, timeout: float = STARTS_WITHIN) -> str:
        """Run a command as `run` does and return its output; raises `CommandFailed` for any status but 0."""
        completed = self.run(command, timeout)
        if completed.status:
            raise CommandFailed(["(in the guest)", command], completed.status, completed.output)
        return completed.output
