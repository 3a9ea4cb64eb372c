"""What stands behind the names of images: there is no registry, and nothing is pulled."""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from testbed.pods.sandbox import Mount, Root
from testbed.product.executable import nfs_steward

_CHECKOUT: Final = Path(__file__).resolve().parents[2]
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_REFERENCE: Final = re.compile(r"(?P<repository>.+?)(:[\w.-]+)?(@sha256:\w+)?")
"""`repository:tag@digest`; a colon before a `/` belongs to the registry's port."""


@dataclass(frozen=True, slots=True)
class Image:
    """A root file system and what its containers start with unless their Pod says otherwise."""

    root: Root
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    cwd: str = "/"
    uid: int = 0
    gid: int = 0

    def write(self, path: Path) -> None:
        """Leave it in a file."""
        path.write_text(json.dumps(asdict(self), indent=2))

    @classmethod
    def read(cls, path: Path) -> "Image":
        """What `write` has left in a file."""
        found = json.loads(path.read_text())
        root = found.pop("root")
        mounts = tuple(Mount(**each) for each in root["mounts"])
        found |= {"entrypoint": tuple(found["entrypoint"]), "command": tuple(found["command"])}
        return cls(**found, root=Root(root["lower"], mounts, tuple(root["passable"])))


class Images:
    """The images that there are, by repository. Any other name means this machine's own root file system."""

    def __init__(self, by_repository: Mapping[str, Image]) -> None:
        self._by_repository = by_repository
        self._otherwise = Image(machine_root())

    def named(self, reference: str) -> Image:
        """The image that a container names; tags and digests are all the same here."""
        return self._by_repository.get(repository_of(reference), self._otherwise)


def repository_of(reference: str) -> str:
    """`registry:5000/nfs-steward:1.2@sha256:…` without tag and digest."""
    found = _REFERENCE.fullmatch(reference)
    assert found, reference
    return found["repository"]


def machine_root() -> Root:
    """This machine's root file system with the Python that runs this, which every user may run then."""
    folders = dict.fromkeys(
        (str(_CHECKOUT), str(Path(sys.prefix).resolve()), str(Path(sys.base_prefix).resolve()))
    )  # each might lie on a file system of its own
    parents = dict.fromkeys(str(parent) for folder in folders for parent in reversed(Path(folder).parents))
    mounts = tuple(Mount(folder, folder, read_only=True) for folder in folders if folder != "/usr")
    return Root("/", mounts, tuple(parents))


def nfs_steward_of_this_checkout() -> Image:
    """nfs-steward as it is installed here, on this machine's root file system."""
    return Image(machine_root(), entrypoint=tuple(nfs_steward()))


def image_from_config(root: Path, config: Mapping[str, object]) -> Image:
    """An image whose files are below `root`, described by the `config` of an OCI image.

    https://github.com/opencontainers/image-spec/blob/main/config.md
    """
    lists = {name: tuple(map(str, config.get(name) or ())) for name in ("Entrypoint", "Cmd", "Env")}  # type: ignore[call-overload]
    uid, _, gid = str(config.get("User") or "0").partition(":")
    return Image(
        Root(str(root)),
        entrypoint=lists["Entrypoint"],
        command=lists["Cmd"],
        env={"PATH": _PATH} | dict(entry.split("=", 1) for entry in lists["Env"]),
        cwd=str(config.get("WorkingDir") or "/"),
        uid=int(uid),
        gid=int(gid or 0),
    )
