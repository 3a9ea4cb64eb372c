"""What an error of the operating system says about the export, or about the one path that was asked for."""

import errno
import os

from controller.export.outcomes import Blocked, Disturbed, ExportState, Outcome, Unavailable

_STATES = {
    errno.EROFS: ExportState.READ_ONLY,
    errno.ENOSPC: ExportState.FULL,
    errno.EDQUOT: ExportState.FULL,
    errno.EMLINK: ExportState.FULL,
    errno.EACCES: ExportState.DENIED,
    errno.EPERM: ExportState.DENIED,
}
"""What is not listed leaves the export `unreachable`: ESTALE, EIO, ETIMEDOUT of a soft mount, ENOENT of the mount
point, and whatever else a network file system may answer."""

_IN_THE_WAY = {errno.ENOTDIR, errno.ELOOP}
_UNFIT_NAME = {errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ}


def export_failure(error: OSError) -> Unavailable:
    """What an error on the export as a whole means: on its root, or on a directory already opened."""
    to_whom = f" to {ourselves()}" if error.errno == errno.EACCES else ""
    return Unavailable(_STATES.get(error.errno or 0, ExportState.UNREACHABLE), describe(error) + to_whom)


def step_failure(error: OSError, name: str) -> Outcome:
    """What an error on making or entering the component `name` means."""
    if error.errno in _IN_THE_WAY:
        return Blocked(f"{name!r} on the way is a symbolic link or no directory")
    if error.errno in _UNFIT_NAME:
        return Blocked(f"the export does not take {name!r} as a directory's name ({describe(error)})")
    if error.errno == errno.ENOENT:
        return Disturbed(f"{name!r} disappears while it is being made")
    return export_failure(error)


def describe(error: OSError) -> str:
    """The error as people look it up: `ENOSPC: No space left on device`."""
    number = error.errno or 0
    return f"{errno.errorcode.get(number, 'error')}: {os.strerror(number)}"


def ourselves() -> str:
    """Who is refused what is refused to us: root may be nobody on the server, exports(5)."""
    uid = os.geteuid()
    return f"uid {uid}" if uid else "uid 0, whom a server with root_squash takes for nobody"
