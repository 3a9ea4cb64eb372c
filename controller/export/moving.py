"""Moving a volume's directory aside, and back: each a single rename(2), which either happened or did not."""

import errno

from controller.export.area import Folder, find_folder, made_folder
from controller.export.failures import export_failure
from controller.export.outcomes import Blocked, Missing, Moved, Outcome
from controller.export.visit import Visit, check_place
from policy.exports import Segments
from policy.paths import RESERVED, check_segment

_TAKEN = {errno.EEXIST, errno.ENOTEMPTY}


def set_aside(visit: Visit, segments: Segments, volume_uid: str) -> Outcome:
    """Move the directory at `segments` to `aside/<volume uid>`; see `requests.SetAside`. Raises `OSError` of the
    export, `PlaceRefused` and `PathRefused`.
    """
    name, uid = check_place(segments), check_segment(volume_uid)
    parent = visit.find(segments[:-1])
    if parent is None or not visit.has(parent, name):
        return _moved_before(visit, uid)
    if isinstance(_moved_before(visit, uid), Moved):
        return Moved()  # what is there by now is somebody else's
    aside = made_folder(visit, Folder.ASIDE)
    try:
        visit.operations.move_directory(parent, name, aside, uid)
    except FileNotFoundError:
        return _moved_before(visit, uid)
    except OSError as error:
        return Moved() if error.errno in _TAKEN else move_failure(error, name)
    return Moved()


def put_back(visit: Visit, segments: Segments, volume_uid: str, over_empty: bool = True) -> Outcome:
    """Move `aside/<volume uid>` to `segments`; see `requests.PutBack`. An empty directory that is there gives way, as
    rename(2) has it: it holds nothing, and was made by whoever missed what is put back; not so where it must not go
    `over_empty`. Raises as `set_aside`.
    """
    name, uid = check_place(segments), check_segment(volume_uid)
    parent, aside = visit.find(segments[:-1]), find_folder(visit, Folder.ASIDE)
    if aside is None or not visit.has(aside, uid):
        return Moved() if parent is not None and visit.has(parent, name) else Missing()
    if parent is None:
        return Blocked(f"the directory that {name!r} was in is gone; {_kept(uid)}")
    if not over_empty and visit.has(parent, name):
        return Blocked(f"there is something at {name!r} again; {_kept(uid)}")
    return _move_back(visit, aside, uid, parent, name)


def _move_back(visit: Visit, aside: int, uid: str, parent: int, name: str) -> Outcome:
    try:
        visit.operations.move_directory(aside, uid, parent, name)
    except FileNotFoundError:
        return Moved() if visit.has(parent, name) else Missing()
    except OSError as error:
        if error.errno in _TAKEN or error.errno == errno.ENOTDIR:
            return Blocked(f"there is something at {name!r} again; {_kept(uid)}")
        return move_failure(error, name)
    return Moved()


def _kept(uid: str) -> str:
    return f"what was set aside is kept as {RESERVED}/{Folder.ASIDE}/{uid}"


def move_failure(error: OSError, name: str) -> Outcome:
    """What an error on moving the directory `name` means."""
    match error.errno:
        case errno.ENOTDIR | errno.ELOOP:
            return Blocked(f"{name!r} is a symbolic link or no directory")
        case errno.EBUSY:
            return Blocked(f"{name!r} is a mount point")
        case errno.EXDEV | errno.EINVAL:
            return Blocked(f"{name!r} lies on another file system than the export's root")
        case _:
            return export_failure(error)


def _moved_before(visit: Visit, uid: str) -> Outcome:
    """`Moved` where an earlier request has set it aside, and perhaps begun to remove it."""
    for place in (Folder.ASIDE, Folder.DOOMED):
        folder = find_folder(visit, place)
        if folder is not None and visit.has(folder, uid):
            return Moved()
    return Missing()
