"""Removing the records of volumes that nobody measures any more."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from controller.export.area import Folder, find_folder, listed
from controller.export.visit import Visit

_TIMES: Final = 3
"""A record is written anew whenever everything has been looked at again: what is older than so many times that is over.
One that is removed too early costs a look at everything.
"""


def forget_stale(visit: Visit, now: datetime, full_every: timedelta) -> None:
    """Remove the records that have not been written for long; `now` is in UTC. Raises `OSError` of the export, and
    `PlaceRefused`.
    """
    folder = find_folder(visit, Folder.USAGE)
    if folder is None:
        return
    for name in listed(visit, folder):
        with suppress(FileNotFoundError):
            written = datetime.fromtimestamp(visit.operations.look(folder, name).st_mtime, UTC)
            if now - written > _TIMES * full_every:
                visit.operations.remove_file(folder, name)
