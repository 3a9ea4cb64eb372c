"""Trees that tests compare before and after: everything that a careless program could change."""

import os
import stat
from pathlib import Path
from typing import NamedTuple


class Entry(NamedTuple):
    """One name in a tree: what it is, whose, since when, and what it holds or points to."""

    mode: int
    uid: int
    gid: int
    modified: int
    content: bytes


def whole_tree(top: Path, but: tuple[bytes, ...] = ()) -> dict[bytes, Entry]:
    """Everything at and below `top` by its path from there, but what lies in one of the paths `but`."""
    found: dict[bytes, Entry] = {}
    todo = [b""]
    while todo:
        path = todo.pop()
        if path in but:
            continue
        whole = os.path.join(os.fsencode(top), path)  # noqa: PTH118 # Path knows no bytes
        state = os.lstat(whole)
        found[path] = Entry(
            state.st_mode, state.st_uid, state.st_gid, state.st_mtime_ns, _content(whole, state.st_mode)
        )
        if stat.S_ISDIR(state.st_mode):
            todo += [os.path.join(path, name) for name in os.listdir(whole)]  # noqa: PTH118, PTH208
    return found


def _content(path: bytes, mode: int) -> bytes:
    if stat.S_ISLNK(mode):
        return os.readlink(path)  # noqa: PTH115
    if stat.S_ISREG(mode):
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read()
    return b""
