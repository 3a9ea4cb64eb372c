"""What anybody could put into a volume, as hypothesis thinks of it."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

names = st.one_of(
    st.sampled_from([b"a", b"b", b"link", b"\xff", b"\n", b"..a", b"-", b"data", b"n" * 255]),
    st.binary(min_size=1, max_size=8).filter(lambda name: not {0, 47} & set(name) and name not in (b".", b"..")),
)
kinds = st.sampled_from(["file", "directory", "link out", "link up", "hard link", "pipe"])


class Planted(NamedTuple):
    """One thing, and the names on the way to it."""

    steps: list[bytes]
    kind: str
    mode: int


planted_things = st.lists(
    st.builds(Planted, st.lists(names, min_size=1, max_size=4), kinds, st.integers(0, 0o7777)), max_size=12
)


def plant_all(folder: Path, things: Iterable[Planted], outside: Path) -> None:
    """Make all that can be made of `things` below a directory; `outside` has a `file` and a `folder` to lead to."""
    for each in things:
        with suppress(OSError):  # something of another kind is in the way
            _plant(folder.joinpath(*map(os.fsdecode, each.steps)), each, outside)


def _plant(path: Path, thing: Planted, outside: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    match thing.kind:
        case "file":
            path.touch(thing.mode & 0o777)
        case "directory":
            path.mkdir()
            path.chmod(thing.mode)
        case "link out":
            path.symlink_to(outside / "folder")
        case "link up":
            path.symlink_to("../..")
        case "hard link":
            path.hardlink_to(outside / "file")
        case "pipe":
            os.mkfifo(path)
