"""What a testbed leaves for people at a shell: `DIR/env` to source, and `DIR/bin` on their PATH."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from testbed.debian import UnpackedPackages


def write_env(folder: Path, variables: Mapping[str, str]) -> None:
    """Write the file `env`, which sets these variables and puts `DIR/bin` first on PATH."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    lines.append(f'export PATH={shlex.quote(str(folder / "bin"))}:"$PATH"')
    (folder / "env").write_text("\n".join(lines) + "\n")


def write_links(folder: Path, programs: Mapping[str, Path]) -> None:
    """Link programs into `DIR/bin`."""
    for name, path in programs.items():
        link = folder / "bin" / name
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(path)


def write_wrapper(folder: Path, name: str, packages: UnpackedPackages) -> None:
    """Write a script into `DIR/bin` that runs a packaged program with the libraries it needs."""
    script = folder / "bin" / name
    script.parent.mkdir(exist_ok=True)
    variables = " ".join(f"{key}={shlex.quote(value)}" for key, value in packages.env().items())
    script.write_text(
        dedent(f"""\
        #!/bin/sh
        exec env {variables} {shlex.quote(str(packages.program(name)))} "$@"
        """)
    )
    script.chmod(0o755)
