"""Bytes written in blocks that prove themselves: a file that was cut short or damaged is known as such.

A file begins with what it is, and in which version. Each block has its size and CRC-32 before it; an empty block says
that the file is whole.
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from controller.export.measuring.entries import Damaged
from controller.export.operations import ExportOperations

BLOCK: Final = 64 * 1024
"""Bytes after which a block is written, at least."""

_MAGIC: Final = b"nfs-steward usage 1\n"
_HEAD: Final = struct.Struct("<II")
_LARGEST: Final = 16 * BLOCK
_END: Final = _HEAD.pack(0, 0)


class BlockWriter:
    """Writes blocks to an open file, as they fill up; raises `OSError`."""

    def __init__(self, operations: ExportOperations, file: int) -> None:
        self._operations = operations
        self._file = file
        self._pending = bytearray(_MAGIC)

    def write(self, content: bytes) -> None:
        """One more block."""
        self._put(_HEAD.pack(len(content), zlib.crc32(content)) + content)

    def finish(self) -> None:
        """Say that the file is whole."""
        self._put(_END)

    def _put(self, content: bytes) -> None:
        self._pending += content
        while self._pending:
            del self._pending[: self._operations.write(self._file, bytes(self._pending))]


def read_blocks(operations: ExportOperations, file: int) -> Iterator[bytes]:
    """The blocks of an open file, one after the other; raises `Damaged` where it ends before its end or says what
    nobody wrote, and `OSError`.
    """
    if _exactly(operations, file, len(_MAGIC)) != _MAGIC:
        raise Damaged("it is no record of this version")
    while True:
        size, checksum = _HEAD.unpack(_exactly(operations, file, _HEAD.size))
        if size == checksum == 0:
            return
        if not 0 < size <= _LARGEST:
            raise Damaged("a block is of a size that none has")
        content = _exactly(operations, file, size)
        if zlib.crc32(content) != checksum:
            raise Damaged("a block is not what was written")
        yield content


def sound_blocks(operations: ExportOperations, file: int) -> Iterator[bytes]:
    """The blocks of an open file as far as they are sound; raises `OSError`."""
    with suppress(Damaged):
        yield from read_blocks(operations, file)


def _exactly(operations: ExportOperations, file: int, size: int) -> bytes:
    content = b""
    while len(content) < size:
        more = operations.read(file, size - len(content))
        if not more:
            raise Damaged("it is cut short")
        content += more
    return content
