"""Running a program to its end."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from testbed.errors import CommandFailed, PartUnavailable


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    timeout: float = 120.0,
) -> str:
    """Run a command and return its standard output. Variables of `env` are laid over our own.

    Raises `CommandFailed`, with the end of its standard error, for any status but 0 and after `timeout` seconds.
    """
    command = [str(part) for part in argv]
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as problem:
        raise CommandFailed(command, -1, f"no end within {timeout:.0f} s") from problem
    except OSError as problem:
        raise CommandFailed(command, 127, str(problem)) from problem
    if done.returncode:
        raise CommandFailed(command, done.returncode, done.stderr or done.stdout)
    return done.stdout


def program(name: str, part: str, remedy: str) -> Path:
    """The program `name` on the machine's PATH; raises `PartUnavailable` for `part` where there is none."""
    # /usr/sbin is not on every user's PATH, and mkfs and friends live there.
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise PartUnavailable(part, f"no `{name}` on this machine", remedy)
    return Path(found)
