"""What the benchmark needs beyond the testbed's programs: wrk, three Go programs, and kopf in an environment apart."""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from testbed.cache import cache_key, cached
from testbed.commands import run
from testbed.debian import BENCH, UnpackedPackages, obtain_packages
from testbed.errors import CommandFailed, PartUnavailable
from testbed.golang import build_tools, go_target
from testbed.progress import Progress

PEERS: Final = Path(__file__).parent / "peers"
PROVISIONER: Final = "nfs-subdir-external-provisioner"
_LINKER_FLAGS: Final = "-s -w"


@dataclass(frozen=True, slots=True)
class BenchPrograms:
    """Where each program is: the load generators, the Go peers, and `kopf` with its own packages. Instead of the
    provisioner there may be the reason why it cannot be had.
    """

    packages: UnpackedPackages
    go: Path
    kopf_environment: Path
    provisioner: Path | PartUnavailable

    @property
    def wrk(self) -> Path:
        """The closed-loop load generator; it needs `packages.env()`."""
        return self.packages.program("wrk")

    @property
    def vegeta(self) -> Path:
        """The open-loop load generator."""
        return self.go / "vegeta"

    @property
    def go_webhook(self) -> Path:
        """The peer on controller-runtime."""
        return self.go / "webhook"

    @property
    def kopf(self) -> tuple[str, ...]:
        """The command of kopf. Not its script: that names the folder in which the environment was made."""
        return (str(self.kopf_environment / "bin" / "python"), "-m", "kopf")


def obtain_bench_programs(progress: Progress) -> BenchPrograms:
    """Find them in the cache, or fetch and build them now; raises `PartUnavailable` or `CommandFailed`."""
    packages = obtain_packages(BENCH, progress)
    module = PEERS / "go"
    sources = [path.read_bytes() for path in sorted([*module.glob("go.*"), *module.glob("webhook/*.go")])]
    go = cached("bench-go", cache_key(*sources, go_target()), partial(_build, progress=progress))
    lock = PEERS / "kopf" / "requirements.lock"
    key = cache_key(lock.read_bytes(), sys.version)
    kopf = cached("bench-kopf", key, partial(_install_kopf, lock=lock, progress=progress))
    return BenchPrograms(packages, go, kopf, _obtain_provisioner(progress))


def _obtain_provisioner(progress: Progress) -> Path | PartUnavailable:
    """Not every proxy of Go modules serves this one: its rows are left out then, and all others stay."""
    module = PEERS / "provisioner"
    key = cache_key(*(path.read_bytes() for path in sorted(module.glob("go.*"))), go_target())
    try:
        folder = cached("bench-provisioner", key, partial(_build_provisioner, module=module, progress=progress))
    except (CommandFailed, PartUnavailable) as problem:
        return PartUnavailable(PROVISIONER, f"it cannot be built from its Go module: {problem}")
    return folder / PROVISIONER


def _build_provisioner(folder: Path, module: Path, progress: Progress) -> None:
    with progress.step(f"building the peer {PROVISIONER}", "from its Go module: two minutes, once") as report:
        build_tools(module, folder, _LINKER_FLAGS, report, static=True)


def _build(folder: Path, progress: Progress) -> None:
    why = "the peer on controller-runtime, and vegeta: some minutes, once"
    with progress.step("building the benchmark's Go programs", why) as report:
        build_tools(PEERS / "go", folder, _LINKER_FLAGS, report)


def _install_kopf(folder: Path, lock: Path, progress: Progress) -> None:
    with progress.step("installing the peer kopf", "into an environment of its own, once"):
        run([sys.executable, "-m", "venv", "--without-pip", folder])
        pip = [sys.executable, "-m", "pip", f"--python={folder}/bin/python", "install", "--quiet"]
        run([*pip, "--require-hashes", "--no-deps", "-r", lock], timeout=600)
