"""The content of a file: shared with the copy where the file system can, else copied, holes left out."""

import errno
from collections.abc import Iterator
from typing import Final

from controller.export.copying.calls import CopyCalls

_RANGE: Final = 16 << 20
_BLOCK: Final = 1 << 20
"""Bytes copied, and read, at a time: between two of them a copy can be interrupted."""

_CANNOT: Final = {
    errno.EOPNOTSUPP,
    errno.ENOTTY,
    errno.ENOSYS,
    errno.EXDEV,
    errno.EINVAL,
    errno.EPERM,
    errno.EBADF,
    errno.ETXTBSY,
}
"""What ioctl_ficlone(2) and copy_file_range(2) answer where they cannot be had here; the file itself is well."""


class Content:
    """Copies the content of one file after another, and remembers what this file system cannot do."""

    def __init__(self, calls: CopyCalls) -> None:
        self._calls = calls
        self._clones = True
        self._ranges = True

    def copy(self, source: int, target: int, size: int) -> Iterator[None]:
        """Fill the empty file `target` with the first `size` bytes of `source`, or as many as it has; a step each."""
        if size == 0 or self._clone(source, target):
            return
        at = 0
        while extent := self._extent(source, at, size):
            start, at = extent
            yield from self._copy_extent(source, target, start, at)
        self._calls.set_size(target, size)

    def _clone(self, source: int, target: int) -> bool:
        if not self._clones:
            return False
        try:
            self._calls.clone(source, target)
        except OSError as error:
            if error.errno not in _CANNOT:
                raise
            self._clones = False
        return self._clones

    def _extent(self, source: int, at: int, size: int) -> tuple[int, int] | None:
        try:
            return self._calls.extent(source, at, size)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return None  # a hole up to the end, or it has become shorter
            if error.errno not in _CANNOT:
                raise
            return (at, size) if at < size else None

    def _copy_extent(self, source: int, target: int, start: int, end: int) -> Iterator[None]:
        while start < end:
            copied = self._copy_some(source, target, start, end - start)
            if not copied:
                return  # it has become shorter
            start += copied
            yield

    def _copy_some(self, source: int, target: int, at: int, count: int) -> int:
        if self._ranges:
            try:
                return self._calls.copy_range(source, target, at, min(count, _RANGE))
            except OSError as error:
                if error.errno not in _CANNOT:
                    raise
                self._ranges = False
        content = self._calls.read(source, at, min(count, _BLOCK))
        return self._calls.write(target, at, content) if content else 0
