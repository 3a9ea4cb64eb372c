"""Trees that tests compare before and after: everything that a careless program could change in them."""

import hashlib
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

_LONG: Final = 4096
_COPIED: Final = ("user.", "security.capability", "system.posix_acl_")
"""The extended attributes that a copy is to have from its original."""


class Entry(NamedTuple):
    """One name in a tree: kind and mode bits, whose it is, since when (nanoseconds), which file it is (an inode number,
    or another name of it), its extended attributes, and what it holds (long: its hash) or points to.
    """

    mode: int
    uid: int
    gid: int
    modified: int
    file: int | bytes
    attributes: tuple[tuple[str, bytes], ...]
    content: bytes


Tree: TypeAlias = dict[bytes, Entry]
"""What there is, by its path below the topmost directory, which is empty for that itself."""


def whole_tree(top: Path, but: tuple[bytes, ...] = ()) -> Tree:
    """Everything at and below `top`, but for the paths `but`, what lies below them, and the times of the directories
    that they lie in.
    """
    found: Tree = {}
    todo = [b""]
    while todo:
        path = todo.pop()
        if path in but:
            continue
        whole = os.path.join(os.fsencode(top), path)  # noqa: PTH118 # Path knows no bytes
        found[path] = _entry(whole)
        if stat.S_ISDIR(found[path].mode):
            todo += [os.path.join(path, name) for name in os.listdir(whole)]  # noqa: PTH118, PTH208
    return _timeless(found, {os.path.dirname(path) for path in but})  # noqa: PTH120


def changed(before: Tree, after: Tree) -> set[bytes]:
    """The paths of what is gone, or other than before. That a directory got or lost a name changes its time alone, and
    the time of such a directory does not count.
    """
    parents = {os.path.dirname(path) for path in before.keys() ^ after.keys()}  # noqa: PTH120
    then, now = _timeless(before, parents), _timeless(after, parents)
    return {path for path in then if then[path] != now.get(path)}


def as_copied(tree: Tree) -> Tree:
    """What a copy of a tree has to have, too: all below the topmost directory, and the same names for the same file."""
    names: dict[int | bytes, bytes] = {}
    for path in sorted(tree):
        names.setdefault(tree[path].file, path)
    return {path: _copied(entry, names) for path, entry in tree.items() if path}


def _copied(entry: Entry, names: Mapping[int | bytes, bytes]) -> Entry:
    kept = tuple(each for each in entry.attributes if each[0].startswith(_COPIED))
    return entry._replace(file=names[entry.file], attributes=kept)


def _timeless(tree: Tree, paths: set[bytes]) -> Tree:
    return {path: entry._replace(modified=0) if path in paths else entry for path, entry in tree.items()}


def _entry(path: bytes) -> Entry:
    state = os.lstat(path)
    own = (state.st_mode, state.st_uid, state.st_gid, state.st_mtime_ns, state.st_ino)
    return Entry(*own, _attributes(path), _content(path, state.st_mode))


def _attributes(path: bytes) -> tuple[tuple[str, bytes], ...]:
    with suppress(OSError):  # not every kind of file, nor every file system, has any
        names = sorted(os.listxattr(path, follow_symlinks=False))
        return tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in names)
    return ()


def _content(path: bytes, mode: int) -> bytes:
    if stat.S_ISLNK(mode):
        return os.readlink(path)  # noqa: PTH115
    if not stat.S_ISREG(mode):
        return b""
    with open(path, "rb") as file:  # noqa: PTH123
        content = file.read()
    return content if len(content) < _LONG else hashlib.sha256(content).digest()
