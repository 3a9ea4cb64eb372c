"""What is remembered of a directory that was looked at, and how it is written down."""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

from policy.errors import StewardError

_FOLDER_KIND: Final = 0x46
_LINKS_KIND: Final = 0x4C
_FOLDER: Final = struct.Struct("<BIQqqqQQIH")
_LINKS: Final = struct.Struct("<BH")
_LINK: Final = struct.Struct("<QQI")


class Folder(NamedTuple):
    """A directory when it was looked at. `depth` 0 is the volume's own, whose name is empty.

    `changed` is its own time of change and `newest` the latest of that and of its files', by the clock of the export;
    `looked` is when it was looked at, by ours; all in nanoseconds since 1970. `blocks`, of 512 bytes, and `files` are
    those of the directory itself and of files that have no other name; `folders` is how many directories lie in it.
    """

    depth: int
    name: bytes
    inode: int
    changed: int
    looked: int
    newest: int
    blocks: int
    files: int
    folders: int


class Link(NamedTuple):
    """One of the names of a file that has several (`names`, wherever they are), with what all of them share."""

    inode: int
    blocks: int
    names: int


Links: TypeAlias = tuple[Link, ...]
"""Some of the links in the directory that was written down before them."""

Entry: TypeAlias = Folder | Links


class Damaged(StewardError):
    """What is read was not written by us like this."""


def pack_link(link: Link) -> bytes:
    """A link as it is written down."""
    return _LINK.pack(*link)


def unpack_link(content: bytes) -> Link:
    """What `pack_link` has written."""
    return Link._make(_LINK.unpack(content))


def encode(entry: Entry) -> bytes:
    """An entry as it is written down."""
    if isinstance(entry, Folder):
        depth, name, inode, changed, looked, newest, blocks, files, folders = entry
        head = _FOLDER.pack(_FOLDER_KIND, depth, inode, changed, looked, newest, blocks, files, folders, len(name))
        return head + name
    return _LINKS.pack(_LINKS_KIND, len(entry)) + b"".join(map(pack_link, entry))


def decode(content: bytes) -> Iterator[Entry]:
    """The entries that were written one after the other; raises `Damaged`."""
    at, end = 0, len(content)
    while at < end:
        try:
            if content[at] == _FOLDER_KIND:
                _, depth, inode, changed, looked, newest, blocks, files, folders, size = _FOLDER.unpack_from(
                    content, at
                )
                at += _FOLDER.size + size
                yield Folder(depth, content[at - size : at], inode, changed, looked, newest, blocks, files, folders)
            else:
                size, first = _size_of_links(content, at), at + _LINKS.size
                at = first + size * _LINK.size
                yield tuple(Link._make(fields) for fields in _LINK.iter_unpack(content[first:at]))
        except struct.error as error:
            raise Damaged(f"an entry is cut short: {error}") from error


def _size_of_links(content: bytes, at: int) -> int:
    kind, size = _LINKS.unpack_from(content, at)
    if kind != _LINKS_KIND:
        raise Damaged("an entry is of no known kind")
    return int(size)
