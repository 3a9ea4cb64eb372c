"""The programs that build the image, from Debian packages that are unpacked and not installed."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from testbed.commands import run
from testbed.debian import PackageSet, UnpackedPackages, obtain_packages
from testbed.errors import CommandFailed, PartUnavailable
from testbed.progress import Progress

PACKAGES: Final = PackageSet(
    "image",
    (
        "mmdebstrap",  # makes the stand-in for the base image
        "debian-archive-keyring",  # whose packages it trusts
        "buildah",  # builds Dockerfiles
        "runc",  # runs what was built
    ),
    "20 MB",
)

# The packages are laid over the machine's own folders, for the command alone: buildah starts itself anew without the
# variables that would tell it where its libraries are. $0 is the packages' folder.
_OVERLAID: Final = """
for folder in usr etc; do
    mount -t overlay overlay -o "lowerdir=$0/$folder:/$folder" "/$folder"
done
exec "$@"
"""
# Mounts and processes of a command end with it.
_UNSHARE: Final = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-euc", _OVERLAID)


@dataclass(frozen=True, slots=True)
class ImageTools:
    """Programs that run as if their packages were installed, without being so."""

    packages: UnpackedPackages

    def run(self, argv: Sequence[str | Path], *, cwd: Path | None = None, timeout: float = 120.0) -> str:
        """Run a command among the packages and return its standard output; raises `CommandFailed`."""
        return run(self.command(argv), cwd=cwd, timeout=timeout)

    def command(self, argv: Sequence[str | Path]) -> list[str | Path]:
        """The command line that runs `argv` among the packages."""
        return [*_UNSHARE, self.packages.root, *argv]


def obtain_tools(progress: Progress) -> ImageTools:
    """Fetch the programs; raises `PartUnavailable` where they cannot be had, or could not work."""
    if os.geteuid() != 0:
        raise PartUnavailable("image", "it holds files of several users, which root alone can make", "run this as root")
    if not shutil.which("unshare"):
        raise PartUnavailable("image", "no `unshare` on this machine", "apt-get install util-linux")
    tools = ImageTools(obtain_packages(PACKAGES, progress))
    try:
        tools.run(["true"])
    except CommandFailed as problem:
        reason = f"mount namespaces with overlays are needed: {problem}"
        raise PartUnavailable("image", reason, "run this on a machine, or in a container that may mount") from problem
    return tools
