"""The few operations that the controller performs on an export, each one system call.

Everything goes through `ExportOperations`, so that a test can make any one of them block, fail, or be the last thing
the process does.

None of them overwrites or removes anything unseen. rename(2) puts a directory over nothing but an empty directory, and
all moves are of directories or into places that only we can reach; RENAME_NOREPLACE would say so more plainly, but NFS
has no such thing. unlink(2) and rmdir(2) remove a name: never what a link points to, nor what another name still has.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

_DIRECTORY = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class ExportOperations(Protocol):
    """System calls on directories that are held open; directories are file descriptors, names single components.

    All raise `OSError`. None but `open_root` follows a symbolic link. Names on an export are bytes: those that are no
    UTF-8 come, and are taken, as `os.fsdecode` spells them.
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

    def look(self, parent: int, name: str) -> os.stat_result:
        """What `name` is: of a symbolic link, the link itself."""
        ...

    def open_listable(self, parent: int, name: str) -> int:
        """Open the directory `name` to list and change it; ENOTDIR or ELOOP where it is none."""
        ...

    def entries(self, directory: int) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        """All entries but `.` and `..`, as they are read, of a directory from `open_listable` or `reopen`."""
        ...

    def unlock(self, directory: int) -> None:
        """Give the owner all rights to a directory from `open_child`, which its own mode may keep us out of."""
        ...

    def move(self, parent: int, name: str, new_parent: int, new_name: str) -> None:
        """Move whatever has that name to a place of ours; EBUSY for a mount point, EXDEV to another file system."""
        ...

    def move_directory(self, parent: int, name: str, new_parent: int, new_name: str) -> None:
        """As `move`, ENOTDIR where it is no directory. At its new name nothing may be, or an empty directory."""
        ...

    def link(self, parent: int, name: str, new_name: str) -> None:
        """Give a file one more name beside its own; EEXIST where anything has that."""
        ...

    def remove_file(self, parent: int, name: str) -> None:
        """Remove a name that is no directory's; EISDIR where it is."""
        ...

    def remove_directory(self, parent: int, name: str) -> None:
        """Remove an empty directory; ENOTEMPTY where it is not."""
        ...

    def create_file(self, parent: int, name: str) -> int:
        """Open a new file to write it, mode 0600; EEXIST where anything has that name."""
        ...

    def write(self, file: int, content: bytes) -> int:
        """Write the beginning of `content`; returns how many bytes that was."""
        ...

    def open_file(self, parent: int, name: str) -> int:
        """Open a file to read it; never waits for the other end of a pipe."""
        ...

    def read(self, file: int, size: int) -> bytes:
        """The next bytes of a file, `size` of them at most; none at its end."""
        ...

    def sync(self, opened: int) -> None:
        """Have a file, or the names in a listable directory, outlive a crash of the server."""
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

    def look(self, parent: int, name: str) -> os.stat_result:
        """See `ExportOperations`."""
        return os.stat(name, dir_fd=parent, follow_symlinks=False)

    def open_listable(self, parent: int, name: str) -> int:
        """See `ExportOperations`."""
        return os.open(name, os.O_RDONLY | _DIRECTORY, dir_fd=parent)

    def entries(self, directory: int) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        """See `ExportOperations`."""
        return os.scandir(directory)

    def unlock(self, directory: int) -> None:
        """See `ExportOperations`; fchmod(2) takes no O_PATH, but what proc(5) shows of it is the directory itself."""
        Path(f"/proc/self/fd/{directory}").chmod(0o700)

    def move(self, parent: int, name: str, new_parent: int, new_name: str) -> None:
        """See `ExportOperations`."""
        os.rename(name, new_name, src_dir_fd=parent, dst_dir_fd=new_parent)

    def move_directory(self, parent: int, name: str, new_parent: int, new_name: str) -> None:
        """See `ExportOperations`; a name that ends in a slash can only be a directory's, path_resolution(7)."""
        os.rename(f"{name}/", new_name, src_dir_fd=parent, dst_dir_fd=new_parent)

    def link(self, parent: int, name: str, new_name: str) -> None:
        """See `ExportOperations`."""
        os.link(name, new_name, src_dir_fd=parent, dst_dir_fd=parent, follow_symlinks=False)

    def remove_file(self, parent: int, name: str) -> None:
        """See `ExportOperations`."""
        os.unlink(name, dir_fd=parent)

    def remove_directory(self, parent: int, name: str) -> None:
        """See `ExportOperations`."""
        os.rmdir(name, dir_fd=parent)

    def create_file(self, parent: int, name: str) -> int:
        """See `ExportOperations`."""
        return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=parent)

    def write(self, file: int, content: bytes) -> int:
        """See `ExportOperations`."""
        return os.write(file, content)

    def open_file(self, parent: int, name: str) -> int:
        """See `ExportOperations`."""
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)

    def read(self, file: int, size: int) -> bytes:
        """See `ExportOperations`."""
        return os.read(file, size)

    def sync(self, opened: int) -> None:
        """See `ExportOperations`."""
        os.fsync(opened)

    def close(self, directory: int) -> None:
        """See `ExportOperations`."""
        os.close(directory)
