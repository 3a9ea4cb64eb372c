"""The system calls by which a volume is walked: none changes anything, none follows a link or enters a mount.

Directories are file descriptors and names single components, as in `operations`; names are bytes.
"""

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PLACE: Final = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_OPENAT2: Final = 437
"""The same number on every architecture but Alpha; neither glibc nor Python has a function for it. openat2(2)."""
_RESOLVE_NO_XDEV: Final = 0x01
_NOT_TO_BE_HAD: Final = {errno.ENOSYS, errno.EPERM}
"""Linux before 5.6, and sandboxes that refuse calls that they do not know."""


class _HowToOpen(ctypes.Structure):
    """`struct open_how`, openat2(2)."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


_HOW: Final = _HowToOpen(_FOLDER, 0, _RESOLVE_NO_XDEV)
_SYSCALL: Final = ctypes.CFUNCTYPE(
    ctypes.c_long,
    ctypes.c_long,
    ctypes.c_int,
    ctypes.c_char_p,
    ctypes.POINTER(_HowToOpen),
    ctypes.c_size_t,
    use_errno=True,
)(("syscall", ctypes.CDLL(None)))
"""syscall(2), with the arguments of openat2(2)."""


class MeasuringCalls:
    """The real calls; all raise `OSError`. Tests put something in between."""

    def open_folder(self, parent: int, name: bytes) -> int:
        """Open a directory to list it; EXDEV where something is mounted there, also of the same file system, ENOTDIR
        or ELOOP where it is none.
        """
        opened = int(_SYSCALL(_OPENAT2, parent, name, _HOW, ctypes.sizeof(_HOW)))
        if opened >= 0:
            return opened
        number = ctypes.get_errno()
        if number in _NOT_TO_BE_HAD:
            return self._open_on_same_mount(parent, name)
        raise OSError(number, os.strerror(number))

    def open_parent(self, folder: int) -> int:
        """Hold the directory that an open one lies in now, to go on from there: it may have been moved."""
        return os.open("..", _PLACE, dir_fd=folder)

    def status(self, opened: int) -> os.stat_result:
        """What an open directory is."""
        return os.fstat(opened)

    def status_of(self, parent: int, name: bytes) -> os.stat_result:
        """What `name` is: of a symbolic link, the link itself."""
        return os.stat(name, dir_fd=parent, follow_symlinks=False)

    def entries(self, folder: int) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        """All entries but `.` and `..`, as they are read."""
        return os.scandir(folder)

    def close(self, opened: int) -> None:
        """Close a file descriptor."""
        os.close(opened)

    def _open_on_same_mount(self, parent: int, name: bytes) -> int:
        opened = os.open(name, _FOLDER, dir_fd=parent)
        if _mount_of(opened) != _mount_of(parent):
            os.close(opened)
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return opened


def _mount_of(opened: int) -> str:
    """By which mount it was reached: an id, proc(5)."""
    lines = Path(f"/proc/self/fdinfo/{opened}").read_text().splitlines()
    return next((line for line in lines if line.startswith("mnt_id:")), "")
