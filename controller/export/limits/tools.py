"""Running the file systems' own tools on directories that we hold open.

A tool takes paths, and tenants plant links in them. So it is given the held directory itself, as
`/proc/self/fd/<number>/.`: no name below the export's root is looked up once more.
"""

import subprocess
from collections.abc import Sequence
from typing import Final

from policy.errors import StewardError

_SECONDS: Final = 30.0
"""After which a tool is given up: the file system hangs."""


class ToolFailed(StewardError):
    """A tool of the file system's is not there, or did not do what it was asked for; the text says which and why."""


def held(directory: int) -> str:
    """The path by which a tool reaches an open directory, O_PATH or not, that was passed on to it."""
    return f"/proc/self/fd/{directory}/."


def run_tool(command: Sequence[str], *passed: int, quiet: bool = False) -> str:
    """Run a tool with some open directories passed on to it; what it prints. `quiet`: one that complains has failed,
    whatever its exit code says. Raises `ToolFailed`.
    """
    tool = command[0]
    try:
        ended = subprocess.run(
            command,
            pass_fds=passed,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise ToolFailed(f"there is no {tool} beside this program: its image has to be the one for quotas") from error
    except subprocess.TimeoutExpired as error:
        raise ToolFailed(f"{tool} has not ended within {_SECONDS:g} s") from error
    complaint = " ".join(ended.stderr.split())
    if ended.returncode or (quiet and complaint):
        raise ToolFailed(complaint or f"{tool} ended with exit code {ended.returncode}")
    return ended.stdout
