"""Who owns a directory, and what its mode bits are: as wished, and as found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from policy.errors import GidUnknown

if TYPE_CHECKING:
    from policy.model import Directories
    from policy.parameters import ClassParameters

AUTO: Final = "auto"
"""The gid that stands for the one of the namespace."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """Mode bits (such as 0o2770), uid and gid of a directory."""

    mode: int
    uid: int
    gid: int

    def __str__(self) -> str:
        return f"mode {self.mode:04o}, owner {self.uid}:{self.gid}"


def resolve(directories: Directories, parameters: ClassParameters | None, namespace_gid: int | None) -> Ownership:
    """Mode and owner of a directory that is made: what its class says, laid over its export's `directories`.

    `parameters` is None for what has no class of ours. Raises `GidUnknown` where the gid is to be the namespace's own
    and that is not known.
    """
    mode, uid, gid = directories.mode, directories.uid, wished_gid(directories, parameters)
    if parameters is not None:
        mode = mode if parameters.mode is None else parameters.mode
        uid = uid if parameters.uid is None else parameters.uid
    if gid != AUTO:
        return Ownership(mode, uid, gid)
    if namespace_gid is None:
        raise GidUnknown("its namespace has no gid of its own yet")
    return Ownership(mode, uid, namespace_gid)


def wished_gid(directories: Directories, parameters: ClassParameters | None) -> int | Literal["auto"]:
    """The gid of a directory that is made, `auto` where it is the namespace's own."""
    if parameters is not None and parameters.gid is not None:
        return parameters.gid
    return directories.gid or 0
