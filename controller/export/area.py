"""Our own area on an export, the directory `.nfs-steward` in its root, where nobody else gets in.

Who can write in the export's root could have put something of that name there first. So it has to be a directory that
is ours and closed to everybody else, each time that it is used; what is in it then is ours as well.
"""

import os
import secrets
import stat
from contextlib import suppress
from enum import StrEnum
from typing import Final

from controller.export.visit import PlaceRefused, Visit
from policy.paths import RESERVED

_ONLY_OURS: Final = 0o700
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Folder(StrEnum):
    """The folders of the area, each with an entry for whatever it is about."""

    ASIDE = "aside"
    DOOMED = "doomed"
    ARCHIVES = "archives"
    COPIES = "copies"
    PROJECTS = "projects"
    USAGE = "usage"


def made_folder(visit: Visit, folder: Folder) -> int:
    """Open a folder of the area, making it where it is missing; raises `OSError`, and `PlaceRefused` with the reason
    where what has its name is not ours.
    """
    with suppress(FileExistsError):
        visit.operations.make_child(visit.root, RESERVED, _ONLY_OURS)
    area = _checked_area(visit)
    with suppress(FileExistsError):
        visit.operations.make_child(area, folder.value, _ONLY_OURS)
    return visit.enter(area, folder.value)


def find_folder(visit: Visit, folder: Folder) -> int | None:
    """Open a folder of the area where it is there; raises as `made_folder`."""
    with suppress(FileNotFoundError):
        return visit.enter(_checked_area(visit), folder.value)
    return None


def listed(visit: Visit, folder: int) -> list[str]:
    """The names in a folder, in no order."""
    opened = visit.hold(visit.operations.reopen(folder))
    with visit.operations.entries(opened) as entries:
        return [entry.name for entry in entries]


def _checked_area(visit: Visit) -> int:
    area = visit.enter(visit.root, RESERVED)
    state = visit.operations.status(area)
    if state.st_mode & _OTHERS:
        raise PlaceRefused(
            f"{RESERVED} in the export's root has mode {stat.S_IMODE(state.st_mode):04o}, so that others get in: make "
            f"sure who made it and what is in it, then give it mode 0700 or remove it"
        )
    if state.st_uid != os.geteuid() and state.st_uid != _uid_on_the_export(visit, area):
        raise PlaceRefused(
            f"{RESERVED} in the export's root belongs to uid {state.st_uid} and not to this controller, which runs as "
            f"uid {os.geteuid()}: give it to that uid where it is nfs-steward's, else remove it"
        )
    return area


def _uid_on_the_export(visit: Visit, area: int) -> int:
    """The uid that the server takes us for, where it squashes: that of what we make."""
    trial = f"trial-{secrets.token_hex(8)}"
    visit.operations.make_child(area, trial, _ONLY_OURS)
    try:
        return visit.operations.look(area, trial).st_uid
    finally:
        visit.operations.remove_directory(area, trial)
