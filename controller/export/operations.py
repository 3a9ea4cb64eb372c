"""The few operations that the controller performs on an export, each one system call.

Everything goes through `ExportOperations`, so that a test can make any one of them block, fail, or be the last thing
the process does. There is none that deletes.
"""

import os
from pathlib import Path
from typing import Protocol

_DIRECTORY = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class ExportOperations(Protocol):
    """System calls on directories that are held open; directories are file descriptors, names single components.

    All raise `OSError`. None but `open_root` follows a symbolic link.
    """

    def open_root(self, root: Path) -> int:
        """Open the directory where the export is mounted, to walk from."""
        ...

    def open_child(self, parent: int, name: str) -> int:
        """Open the directory `name` to walk on; ENOTDIR or ELOOP where it is a symbolic link or no directory."""
        ...

    def make_child(self, parent: int, name: str, mode: int) -> None:
        """Make the directory `name`; EEXIST where anything has that name, a symbolic link too."""
        ...

    def reopen(self, directory: int) -> int:
        """Open the very directory that `directory` holds once more, to list and change it."""
        ...

    def status(self, directory: int) -> os.stat_result:
        """Mode, owner and kind."""
        ...

    def is_empty(self, directory: int) -> bool:
        """Whether a directory from `reopen` has no entries."""
        ...

    def set_owner(self, directory: int, uid: int, gid: int) -> None:
        """Change the owner of a directory from `reopen`; -1 leaves that half as it is."""
        ...

    def set_mode(self, directory: int, mode: int) -> None:
        """Change the mode bits of a directory from `reopen`."""
        ...

    def is_writable(self, directory: int) -> bool:
        """Whether the server lets this process make entries in the directory."""
        ...

    def space(self, directory: int) -> os.statvfs_result:
        """What is free on the file system, and whether it is mounted read-only."""
        ...

    def close(self, directory: int) -> None:
        """Close a file descriptor from any of the calls that open one."""
        ...


class SystemCalls:
    """The real operations. Walking uses O_PATH, which needs no right to read what lies on the way."""

    def open_root(self, root: Path) -> int:
        """See `ExportOperations`; `root` is the administrator's own path and may be a symbolic link."""
        return os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    def open_child(self, parent: int, name: str) -> int:
        """See `ExportOperations`."""
        return os.open(name, os.O_PATH | _DIRECTORY, dir_fd=parent)

    def make_child(self, parent: int, name: str, mode: int) -> None:
        """See `ExportOperations`."""
        os.mkdir(name, mode, dir_fd=parent)

    def reopen(self, directory: int) -> int:
        """See `ExportOperations`; `.` of a held directory is that directory, whatever its name has become."""
        return os.open(".", os.O_RDONLY | _DIRECTORY, dir_fd=directory)

    def status(self, directory: int) -> os.stat_result:
        """See `ExportOperations`."""
        return os.fstat(directory)

    def is_empty(self, directory: int) -> bool:
        """See `ExportOperations`."""
        with os.scandir(directory) as entries:
            return next(entries, None) is None

    def set_owner(self, directory: int, uid: int, gid: int) -> None:
        """See `ExportOperations`."""
        os.fchown(directory, uid, gid)

    def set_mode(self, directory: int, mode: int) -> None:
        """See `ExportOperations`."""
        os.fchmod(directory, mode)

    def is_writable(self, directory: int) -> bool:
        """See `ExportOperations`."""
        return os.access(".", os.W_OK | os.X_OK, dir_fd=directory, effective_ids=True)

    def space(self, directory: int) -> os.statvfs_result:
        """See `ExportOperations`."""
        return os.fstatvfs(directory)

    def close(self, directory: int) -> None:
        """See `ExportOperations`."""
        os.close(directory)
