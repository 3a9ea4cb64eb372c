"""Who owns a directory, and what its mode bits are: as wished, and as found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ownership:
    """Mode bits (such as 0o2770), uid and gid of a directory."""

    mode: int
    uid: int
    gid: int

    def __str__(self) -> str:
        return f"mode {self.mode:04o}, owner {self.uid}:{self.gid}"
