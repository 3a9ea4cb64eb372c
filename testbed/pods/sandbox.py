"""What a container's first process has to know to become that container. It is handed over as a JSON file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mount:
    """A file or folder of this machine that a container has at `target`."""

    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Root:
    """A root file system: the folder `lower`, which stays as it is, under a layer of the container's own.

    `mounts` come along with it. `passable` are folders that every user may pass through, whatever `lower` says.
    """

    lower: str
    mounts: tuple[Mount, ...] = ()
    passable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Privileges:
    """Who a container is and what it may do; `capabilities` by their names in capabilities(7), without `CAP_`."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()
    capabilities: frozenset[str] = frozenset()
    no_new_privileges: bool = False


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One container. `scratch` is an empty folder of this machine for its root; `files` are written into that."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    hostname: str
    root: Root
    scratch: str
    read_only: bool
    mounts: tuple[Mount, ...]
    privileges: Privileges
    files: Mapping[str, str] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Leave it in a file, for its owner's eyes: it holds the container's environment."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), indent=2, default=sorted))

    @classmethod
    def read(cls, path: Path) -> "Sandbox":
        """What `write` has left in a file."""
        found = json.loads(path.read_text())
        root, privileges = found.pop("root"), found.pop("privileges")
        return cls(
            **found | {"argv": tuple(found["argv"]), "mounts": _mounts(found["mounts"])},
            root=Root(root["lower"], _mounts(root["mounts"]), tuple(root["passable"])),
            privileges=Privileges(
                **privileges
                | {"groups": tuple(privileges["groups"]), "capabilities": frozenset(privileges["capabilities"])}
            ),
        )


def _mounts(found: list[dict[str, object]]) -> tuple[Mount, ...]:
    return tuple(Mount(**each) for each in found)  # type: ignore[arg-type] # what asdict made of them
