"""Sorting more than should be held in memory: what is too much lies in a temporary file, in sorted runs."""

import heapq
import os
import struct
import tempfile
import weakref
from collections.abc import Iterator
from typing import Final

_HELD: Final = 16_384
_READ_AT_ONCE: Final = 8 * 1024
_SIZE: Final = struct.Struct("<H")


class Sorted:
    """Byte strings, of less than 64 KiB each, which come out in order when all of them are in. `held` of them are in
    memory at most.
    """

    def __init__(self, held: int = _HELD) -> None:
        self._held = held
        self._pending: list[bytes] = []
        self._spill: _Spill | None = None
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, item: bytes) -> None:
        """One more; raises `OSError` where there is no room for a temporary file."""
        self._pending.append(item)
        self._count += 1
        if len(self._pending) >= self._held:
            self._spill = self._spill or _Spill()
            self._spill.write(sorted(self._pending))
            self._pending.clear()

    def __iter__(self) -> Iterator[bytes]:
        self._pending.sort()
        return heapq.merge(self._pending, *self._spill.runs()) if self._spill else iter(self._pending)


class _Spill:
    """Sorted runs in a file without a name: nothing of it stays when nobody reads from it any more."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            self._file = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._file)
        self._ends = [0]

    def write(self, items: list[bytes]) -> None:
        """One more run."""
        content = memoryview(b"".join(_SIZE.pack(len(item)) + item for item in items))
        self._ends.append(self._ends[-1] + len(content))
        while content:
            content = content[os.write(self._file, content) :]

    def runs(self) -> list[Iterator[bytes]]:
        """The items of each run."""
        return [self._run(start, end) for start, end in zip(self._ends, self._ends[1:], strict=False)]

    def _run(self, start: int, end: int) -> Iterator[bytes]:
        content, at = b"", 0
        while start < end or at < len(content):
            if not _has_item(content, at):
                more = os.pread(self._file, min(_READ_AT_ONCE, end - start), start)
                if not more:
                    raise EOFError("a temporary file has lost its end")
                start += len(more)
                content, at = content[at:] + more, 0
                continue
            size = _SIZE.unpack_from(content, at)[0]
            at += _SIZE.size + size
            yield content[at - size : at]


def _has_item(content: bytes, at: int) -> bool:
    """Whether there is a whole item at this place."""
    rest = len(content) - at - _SIZE.size
    return rest >= 0 and rest >= _SIZE.unpack_from(content, at)[0]
