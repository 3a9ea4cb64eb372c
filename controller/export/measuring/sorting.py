"""Sorting more than should be held in memory: what is too much lies in a temporary file, in sorted runs."""

import heapq
import os
import struct
import tempfile
from collections.abc import Iterator
from typing import IO, Final

_HELD: Final = 16_384
_READ_AT_ONCE: Final = 8 * 1024
_SIZE: Final = struct.Struct("<H")


class Sorted:
    """Byte strings, of 64 KiB at most each, which come out in order when all of them are in. `held` of them are in
    memory at most.
    """

    def __init__(self, held: int = _HELD) -> None:
        self._held = held
        self._pending: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._runs: list[tuple[int, int]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, item: bytes) -> None:
        """One more."""
        self._pending.append(item)
        self._count += 1
        if len(self._pending) >= self._held:
            self._spill()

    def __iter__(self) -> Iterator[bytes]:
        self._pending.sort()
        if self._file is None:
            return iter(self._pending)
        return heapq.merge(self._pending, *(_run(self._file, start, end) for start, end in self._runs))

    def _spill(self) -> None:
        # It has no name: nothing of it stays, however this process ends.
        self._file = self._file or tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        self._pending.sort()
        start = self._runs[-1][1] if self._runs else 0
        content = memoryview(b"".join(_SIZE.pack(len(item)) + item for item in self._pending))
        end = start + len(content)
        while content:
            content = content[self._file.write(content) :]
        self._runs.append((start, end))
        self._pending.clear()


def _run(file: IO[bytes], start: int, end: int) -> Iterator[bytes]:
    """The items of one run; `file` is held as long as somebody reads from it."""
    content, at = b"", 0
    while start < end or at < len(content):
        if len(content) - at < _SIZE.size or len(content) - at < _SIZE.size + _SIZE.unpack_from(content, at)[0]:
            more = os.pread(file.fileno(), min(_READ_AT_ONCE, end - start), start)
            if not more:
                raise EOFError("a temporary file has lost its end")
            start += len(more)
            content, at = content[at:] + more, 0
            continue
        size = _SIZE.unpack_from(content, at)[0]
        at += _SIZE.size + size
        yield content[at - size : at]
