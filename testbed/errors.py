"""What can go wrong with a testbed.

StewardError
└── TestbedError
    ├── PartUnavailable   a part cannot be had on this machine: why, and what would help
    ├── StartFailed       a part was started and did not become ready; its notes hold the tail of its log
    └── CommandFailed     a program that was run to its end reported a failure
"""

from collections.abc import Sequence
from pathlib import Path

from policy.errors import StewardError

_TAIL_LINES = 12


class TestbedError(StewardError):
    """Anything the testbed cannot do."""

    __test__ = False  # pytest takes every class called Test... for a test


class PartUnavailable(TestbedError):
    """A part of the testbed cannot be had here; `reason` says why and `remedy` what to do about it."""

    def __init__(self, part: str, reason: str, remedy: str = "") -> None:
        self.part = part
        self.reason = reason
        self.remedy = remedy
        super().__init__(f"no {part}: {reason}" + (f" ({remedy})" if remedy else ""))


class StartFailed(TestbedError):
    """A part did not become ready. The end of its log, `log`, is attached as a note, for tracebacks and commands."""

    def __init__(self, part: str, reason: str, log: Path | None = None) -> None:
        self.part = part
        self.reason = reason
        self.log = log
        super().__init__(f"{part} did not start: {reason}" + (f" (its log: {log})" if log else ""))
        if log:
            self.add_note(_tail(log))


class CommandFailed(TestbedError):
    """A program ended with another status than 0; the message holds the end of what it said."""

    def __init__(self, argv: Sequence[str], status: int, output: str) -> None:
        self.argv = tuple(argv)
        self.status = status
        self.output = output
        shown = "\n".join(output.strip().splitlines()[-_TAIL_LINES:])
        super().__init__(f"`{' '.join(argv[:6])}` ended with status {status}: {shown or 'it said nothing'}")


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
    except OSError as problem:
        return f"no log: {problem}"
    return f"the end of {log}:\n" + "\n".join(f"  {line}" for line in lines)
