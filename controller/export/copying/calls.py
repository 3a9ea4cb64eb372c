"""The system calls by which a tree is copied: file descriptors and single names, as in `operations`.

What is read is found first, without opening it, and only what it then proves to be is opened: so nothing that is
swapped meanwhile can make us follow a link, wait for the other end of a pipe, or wake a device.
"""

import ctypes
import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

_FICLONE: Final = 0x40049409
"""_IOW(0x94, 9, int), ioctl_ficlone(2)."""

_SYNCFS: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, use_errno=True)(("syncfs", ctypes.CDLL(None)))
"""syncfs(2), which Python has no function for."""

_FOUND: Final = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class CopyCalls:
    """The real calls; all raise `OSError`. `found` is what `find` returned. Tests put something in between."""

    def find(self, parent: int, name: str) -> int:
        """Hold whatever has that name, a symbolic link too, without opening it."""
        return os.open(name, _FOUND, dir_fd=parent)

    def status(self, opened: int) -> os.stat_result:
        """What it is."""
        return os.fstat(opened)

    def mount_of(self, found: int) -> str:
        """Which mount it was reached by: an id, proc(5)."""
        lines = Path(f"/proc/self/fdinfo/{found}").read_text().splitlines()
        return next((line for line in lines if line.startswith("mnt_id:")), "")

    def open_folder(self, found: int) -> int:
        """Open a directory to list it, or to make entries in it."""
        return os.open(".", _FOLDER, dir_fd=found)

    def open_file(self, found: int) -> int:
        """Open a regular file to read it."""
        return os.open(f"/proc/self/fd/{found}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)

    def entries(self, folder: int) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        """All entries but `.` and `..`, as they are read."""
        return os.scandir(folder)

    def link_target(self, found: int) -> str:
        """Where a symbolic link points."""
        return os.readlink("", dir_fd=found)

    def attributes(self, opened: int) -> Mapping[str, bytes]:
        """The extended attributes of an open file or directory."""
        return {name: os.getxattr(opened, name) for name in os.listxattr(opened)}

    def make_folder(self, parent: int, name: str) -> None:
        """Make a directory, mode 0700."""
        os.mkdir(name, stat.S_IRWXU, dir_fd=parent)

    def create_file(self, parent: int, name: str) -> int:
        """Open a new file to write it, mode 0600."""
        return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=parent)

    def make_link(self, target: str, parent: int, name: str) -> None:
        """Make a symbolic link."""
        os.symlink(target, name, dir_fd=parent)

    def make_special(self, parent: int, name: str, kind: int) -> None:
        """Make a fifo or a socket, mode 0600; `kind` is its S_IFMT."""
        os.mknod(name, kind | stat.S_IRUSR | stat.S_IWUSR, dir_fd=parent)

    def share(self, parent: int, name: str, new_parent: int, new_name: str) -> None:
        """Give a file one more name."""
        os.link(name, new_name, src_dir_fd=parent, dst_dir_fd=new_parent, follow_symlinks=False)

    def clone(self, source: int, target: int) -> None:
        """Have an empty file share all blocks of another, as far as either is written to later."""
        fcntl.ioctl(target, _FICLONE, source)

    def extent(self, source: int, at: int, size: int) -> tuple[int, int] | None:
        """Where, from `at` on, the next data begins and ends, in bytes; None where there is none before `size`."""
        if at >= size:
            return None
        start = os.lseek(source, at, os.SEEK_DATA)
        return start, min(size, os.lseek(source, start, os.SEEK_HOLE))

    def copy_range(self, source: int, target: int, at: int, count: int) -> int:
        """Copy some bytes at the same place within the kernel, or on the server; returns how many."""
        return os.copy_file_range(source, target, count, at, at)

    def read(self, source: int, at: int, count: int) -> bytes:
        """Some bytes; none at the end."""
        return os.pread(source, count, at)

    def write(self, target: int, at: int, content: bytes) -> int:
        """Write some of `content`; returns how many bytes."""
        return os.pwrite(target, content, at)

    def set_size(self, target: int, size: int) -> None:
        """Make a file this long; what is added is a hole."""
        os.truncate(target, size)

    def set_owner(self, opened: int, uid: int, gid: int) -> None:
        """Give an open file or directory away."""
        os.fchown(opened, uid, gid)

    def set_attribute(self, opened: int, name: str, value: bytes) -> None:
        """Set one extended attribute."""
        os.setxattr(opened, name, value)

    def set_mode(self, opened: int, mode: int) -> None:
        """Set the mode bits of an open file or directory."""
        os.fchmod(opened, mode)

    def set_times(self, opened: int, atime: int, mtime: int) -> None:
        """Set the times of an open file or directory, in nanoseconds since 1970."""
        os.utime(opened, ns=(atime, mtime))

    def set_owner_of(self, parent: int, name: str, uid: int, gid: int) -> None:
        """Give away what cannot be opened: a link, a fifo, a socket."""
        os.chown(name, uid, gid, dir_fd=parent, follow_symlinks=False)

    def set_mode_of(self, parent: int, name: str, mode: int) -> None:
        """Set the mode bits of a fifo or socket in a directory of our own."""
        os.chmod(name, mode, dir_fd=parent)

    def set_times_of(self, parent: int, name: str, atime: int, mtime: int) -> None:
        """Set the times of what cannot be opened."""
        os.utime(name, ns=(atime, mtime), dir_fd=parent, follow_symlinks=False)

    def sync_all(self, opened: int) -> None:
        """Have all that was written to the file system of an open file or directory outlive a crash of its machine."""
        if _SYNCFS(opened):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def remove_file(self, parent: int, name: str) -> None:
        """Remove a name that is no directory's."""
        os.unlink(name, dir_fd=parent)

    def remove_folder(self, parent: int, name: str) -> None:
        """Remove an empty directory."""
        os.rmdir(name, dir_fd=parent)

    def close(self, opened: int) -> None:
        """Close a file descriptor."""
        os.close(opened)
