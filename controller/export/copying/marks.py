"""What a copy keeps beside the content: owner, mode, times, extended attributes; and what it could not keep."""

import errno
import os
import stat
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from controller.export.copying.calls import CopyCalls
from policy.errors import shorten

NOT_TO_BE_HAD: Final = {errno.EPERM, errno.EACCES, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.ERANGE}
"""What a file system or server answers to an owner, an attribute or a kind of file that it does not allow or know."""

_KEPT: Final = ("user.", "security.capability", "system.posix_acl_")
"""The extended attributes that are kept. Others are what the system makes of the place (SELinux labels) or of the mode
(`system.nfs4_acl`), or are a root's own (`trusted.`)."""


class Shortfall(StrEnum):
    """What a copy can lack, each as a clause that follows a number of entries."""

    WRITTEN = "taken while written to"
    VANISHED = "gone before they could be copied"
    DEVICE = "left out, being devices"
    MOUNT = "left out, being mount points"
    KIND = "left out, since the export takes no links, fifos or sockets"
    OWNER = "not with the owner that they had, which the export refused"
    ATTRIBUTE = "not with all extended attributes that they had, which the export refused"
    NAMES = "copied once for each of their names (hard links), which the export refused"


class Tally:
    """Counts shortfalls, and remembers the first entry of each kind; and the `bytes` that files were given, holes left
    out.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._counts: Counter[Shortfall] = Counter()
        self._first: dict[Shortfall, str] = {}

    def note(self, shortfall: Shortfall, path: str) -> None:
        """One more; `path` is below what is copied."""
        self._counts[shortfall] += 1
        self._first.setdefault(shortfall, path)

    def clauses(self) -> tuple[str, ...]:
        """All in words."""
        return tuple(
            f"{count} {'entry' if count == 1 else 'entries'} {kind} ({shorten(self._first[kind])}"
            f"{' and others' if count > 1 else ''})"
            for kind, count in self._counts.items()
        )


class Marks:
    """Gives copies what their originals have."""

    def __init__(self, calls: CopyCalls, tally: Tally) -> None:
        self._calls = calls
        self._tally = tally

    def give(self, original: int, copy: int, path: str) -> None:
        """Give an open copy what the open original has: mode last but for the times, since a change of owner takes
        set-user-ID away; where the owner cannot be had it stays away.
        """
        status = self._calls.status(original)
        owned = self._give_owner(copy, status, path)
        self.give_attributes(original, copy, path)
        mode = stat.S_IMODE(status.st_mode)
        self._calls.set_mode(copy, mode if owned else mode & ~(stat.S_ISUID | stat.S_ISGID))
        self._calls.set_times(copy, status.st_atime_ns, status.st_mtime_ns)

    def give_attributes(self, original: int, copy: int, path: str) -> None:
        """Give an open copy the extended attributes of the open original."""
        for name, value in self._attributes(original).items():
            if not name.startswith(_KEPT):
                continue
            try:
                self._calls.set_attribute(copy, name, value)
            except OSError as error:
                _raise_unless_refused(error)
                self._tally.note(Shortfall.ATTRIBUTE, path)
                return

    def give_by_name(self, status: os.stat_result, parent: int, name: str, path: str) -> None:
        """Give what cannot be opened its owner, mode and times."""
        try:
            self._calls.set_owner_of(parent, name, status.st_uid, status.st_gid)
        except OSError as error:
            _raise_unless_refused(error)
            self._tally.note(Shortfall.OWNER, path)
        if not stat.S_ISLNK(status.st_mode):
            self._calls.set_mode_of(parent, name, stat.S_IMODE(status.st_mode))
        self._calls.set_times_of(parent, name, status.st_atime_ns, status.st_mtime_ns)

    def _give_owner(self, copy: int, wanted: os.stat_result, path: str) -> bool:
        found = self._calls.status(copy)
        if (found.st_uid, found.st_gid) == (wanted.st_uid, wanted.st_gid):
            return True
        try:
            self._calls.set_owner(copy, wanted.st_uid, wanted.st_gid)
        except OSError as error:
            _raise_unless_refused(error)
            self._tally.note(Shortfall.OWNER, path)
            return False
        return True

    def _attributes(self, original: int) -> Mapping[str, bytes]:
        try:
            return self._calls.attributes(original)
        except OSError as error:
            if error.errno != errno.ENODATA:
                _raise_unless_refused(error)
            return {}


def _raise_unless_refused(error: OSError) -> None:
    if error.errno not in NOT_TO_BE_HAD:
        raise error
