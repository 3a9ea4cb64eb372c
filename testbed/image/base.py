"""A stand-in for the base image `debian:trixie-slim`, made of the same packages from the machine's own mirror."""

import platform
import re
from functools import partial
from pathlib import Path
from typing import Final

from testbed.cache import cache_key, cached
from testbed.commands import run
from testbed.errors import CommandFailed, PartUnavailable
from testbed.image.tools import ImageTools
from testbed.progress import Progress

SUITE: Final = "trixie"
# Where a Debian release keeps its packages: itself, its corrections, and its security updates.
_PARTS: Final = ("", "-updates", "-security")
_KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"
_ARCHIVE: Final = "base.tar"
_OPTIONS: Final = (
    "--mode=root",
    "--variant=minbase",
    "--quiet",
    # What the slim images leave out, and its exceptions, in the order in which dpkg reads them.
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    # What a container gets from whoever runs it.
    "--skip=output/dev",
    '--customize-hook=rm "$1/etc/resolv.conf" "$1/etc/hostname"',
)


def obtain_base(tools: ImageTools, progress: Progress) -> Path:
    """The base's files as a tar archive, from the cache or made now; raises `PartUnavailable`.

    It names the machine's mirror, so it is for this machine only.
    """
    sources = _sources()
    key = cache_key(SUITE, sources, *_OPTIONS, platform.machine())
    make = partial(_make, tools=tools, sources=sources, progress=progress)
    return cached("image-base", key, make, progress.say) / _ARCHIVE


def _make(folder: Path, tools: ImageTools, sources: str, progress: Progress) -> None:
    listing = folder / "sources.list"
    listing.write_text(sources)
    with progress.step("making the image's base", "half a minute, once"):
        try:
            tools.run(["mmdebstrap", *_OPTIONS, SUITE, folder / _ARCHIVE, listing], timeout=900)
        except CommandFailed as problem:
            raise PartUnavailable("image", str(problem), "it needs Debian's mirror") from problem


def _sources() -> str:
    listing = run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"]
    )
    if sources := base_sources(listing, _codename()):
        return sources
    raise PartUnavailable("image", "its base comes from a Debian mirror, and this machine has none", "use Debian")


def base_sources(listing: str, codename: str) -> str:
    """The machine's own sources (lines `URI release component`) as lines for apt, of the base's release."""
    releases = {f"{codename}{part}": f"{SUITE}{part}" for part in _PARTS}
    lines = (line.split() for line in listing.splitlines())
    wanted = {(uri, releases[release]) for uri, release, part in lines if release in releases and part == "main"}
    return "".join(f"deb [signed-by={_KEYRING}] {uri} {release} main\n" for uri, release in sorted(wanted))


def _codename() -> str:
    release = Path("/etc/os-release").read_text()
    found = re.search(r'^VERSION_CODENAME="?([\w-]+)', release, re.MULTILINE)
    return found[1] if found and re.search(r'^ID="?debian"?$', release, re.MULTILINE) else ""
