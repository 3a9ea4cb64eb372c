"""Programs from Debian packages, unpacked into the cache: nothing is installed on the machine, no root is needed."""

import os
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from testbed.cache import cache_key, cache_root, cached, locked
from testbed.commands import run
from testbed.errors import CommandFailed, PartUnavailable
from testbed.progress import Progress

# Debian installs to /usr what packages still ship in these (https://wiki.debian.org/UsrMerge).
_MERGED: Final = ("bin", "sbin", "lib")


@dataclass(frozen=True, slots=True)
class PackageSet:
    """Debian packages that one part of the testbed needs; what they depend on and the machine lacks comes along."""

    part: str
    names: tuple[str, ...]
    size: str

    def install_line(self) -> str:
        """What a person types to have them from the system instead."""
        return f"apt-get install --no-install-recommends {' '.join(self.names)}"


EXPORT: Final = PackageSet("NFS server", ("nfs-ganesha", "nfs-ganesha-vfs", "libnfs-utils"), "2 MB")
NODE: Final = PackageSet(
    "node",
    (
        "user-mode-linux",  # the guest's kernel
        "slirp",  # its network, without any change to the host's
        "busybox-static",  # its first process, and the image that test Pods run
        "nfs-common",  # mount.nfs, which the kubelet calls
        "containerd",
        "runc",
        "containernetworking-plugins",  # gives each Pod an address
        "e2fsprogs",  # makes its disk
    ),
    "85 MB",
)
KERNEL_SERVER: Final = PackageSet(
    "kernel NFS server",
    (
        "user-mode-linux",
        "slirp",
        "busybox-static",
        "nfs-kernel-server",
        "nfs-common",  # its clients
        "rpcbind",
        "e2fsprogs",
        "xfsprogs",
        "btrfs-progs",
        "quota",
    ),
    "46 MB",
)
FILE_SYSTEMS: Final = PackageSet("file systems that share blocks", ("btrfs-progs", "xfsprogs"), "3 MB")
BENCH: Final = PackageSet("load generator", ("wrk",), "0.4 MB")
MONITORING: Final = PackageSet("Prometheus", ("prometheus",), "23 MB")


@dataclass(frozen=True, slots=True)
class UnpackedPackages:
    """Packages below a folder, laid out as they would be below `/`."""

    root: Path

    def program(self, name: str) -> Path:
        """The program of this name, of the packages or else of the machine; raises `PartUnavailable` for neither."""
        for folder in ("usr/sbin", "usr/bin"):
            if (self.root / folder / name).is_file():
                return self.root / folder / name
        if found := shutil.which(name):
            return Path(found)
        raise PartUnavailable(name, f"not in the packages at {self.root}, nor on this machine", "remove that folder")

    def env(self) -> dict[str, str]:
        """The variables under which the packages' programs find their libraries."""
        libraries = sorted({str(path.parent) for path in self.root.glob("usr/lib/*/*.so*")})
        return {"LD_LIBRARY_PATH": ":".join([*libraries, *filter(None, [os.environ.get("LD_LIBRARY_PATH")])])}


def obtain_packages(wanted: PackageSet, progress: Progress) -> UnpackedPackages:
    """Find the packages in the cache, or download and unpack them now; raises `PartUnavailable` where neither works."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        reason = "Debian packages are needed, and this machine has no apt-get"
        raise PartUnavailable(wanted.part, reason, f"on Debian or Ubuntu: {wanted.install_line()}")
    key = cache_key(*wanted.names, _release(), platform.machine())
    fetch = partial(_fetch, wanted=wanted, progress=progress)
    return UnpackedPackages(cached("packages", key, fetch, progress.say))


def _release() -> str:
    try:
        return Path("/etc/os-release").read_text()
    except OSError:
        return ""


def _fetch(folder: Path, wanted: PackageSet, progress: Progress) -> None:
    title = f"fetching Debian packages for the {wanted.part}"
    with progress.step(title, f"{wanted.size}, once; unpacked, not installed"), tempfile.TemporaryDirectory() as debs:
        try:
            _download(wanted.names, Path(debs))
        except CommandFailed as problem:
            raise PartUnavailable(wanted.part, str(problem), f"type: {wanted.install_line()}") from problem
        for deb in sorted(Path(debs).glob("*.deb")):
            unpack(deb, folder)


def _download(names: Sequence[str], folder: Path) -> None:
    try:
        options: list[str] = []
        exact = _with_dependencies(names, options)
    except CommandFailed:  # no package lists, or old ones: fetch our own, and leave the machine's as they are
        options = ["-o", f"Dir::State::lists={_fresh_lists()}"]
        exact = _with_dependencies(names, options)
    run(["apt-get", *options, "download", "-q", *exact], cwd=folder, timeout=900)


def _with_dependencies(names: Sequence[str], options: Sequence[str]) -> list[str]:
    """Packages as `name=version`: those named, and what they need and the machine lacks."""
    install = ["install", "--no-install-recommends", "--print-uris", "-qq", "-y"]
    planned = exact_versions(run(["apt-get", *options, *install, *names]))
    installed = set(names) - {package.partition("=")[0] for package in planned}
    return sorted({*planned, *installed})


def exact_versions(plan: str) -> list[str]:
    """Read what `apt-get --print-uris` prints (`'uri' name_version_arch.deb size hash`) as `name=version`."""
    found = re.findall(r"^'[^']*' ([^_ ]+)_([^_ ]+)_[^_ ]+\.deb ", plan, re.MULTILINE)
    return [f"{name}={unquote(version)}" for name, version in found]


def _fresh_lists() -> Path:
    lists = cache_root() / "apt-lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    with locked(lists / "nfs-steward.lock"):
        run(
            ["apt-get", "-o", f"Dir::State::lists={lists}", "-o", "Debug::NoLocking=true", "update", "-qq"], timeout=300
        )
    return lists


def unpack(deb: Path, folder: Path) -> None:
    """Unpack a package below `folder`, everything of `/bin`, `/sbin`, `/lib` below `/usr`, no program setuid."""
    read = ["dpkg-deb", "--fsys-tarfile", str(deb)]
    with (
        subprocess.Popen(read, stdout=subprocess.PIPE) as reading,
        tarfile.open(fileobj=reading.stdout, mode="r|") as archive,
    ):
        archive.extractall(folder, filter=_merged)
    if reading.returncode:
        raise CommandFailed(read, reading.returncode, "")


def _merged(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    moved = member.replace(name=merged_path(member.name), deep=False)
    if member.islnk():
        moved = moved.replace(linkname=merged_path(member.linkname), deep=False)
    return tarfile.tar_filter(moved, folder)


def merged_path(path: str) -> str:
    """Where a path of a package belongs on a system whose `/bin`, `/sbin`, `/lib` are links into `/usr`."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return "/".join(["usr", *parts] if parts and parts[0] in _MERGED else parts) or "."
