"""Reading the export tables of the machine we run on."""

from functools import partial
from pathlib import Path
from typing import Final

from controller.doctor.exportstable import ExportLine, read_table
from controller.doctor.observed import TableSeen
from controller.export.lanes import Lanes, Late
from controller.export.surveying import FolderSeen, folder_seen
from policy.errors import StewardError

DEFAULT_TABLE: Final = Path("/etc/exports")
_MORE_TABLES: Final = Path("/etc/exports.d")
"""Its files that end in `.exports` and do not begin with a dot count too: exports(5)."""

_LOOK_SECONDS: Final = 5.0


class TableUnreadable(StewardError):
    """An export table that was named cannot be read."""


def look_at_tables(named: Path | None) -> tuple[TableSeen, ...]:
    """The table that is named, else those of this machine, of which there may be none that can be read.

    Raises `TableUnreadable` for one that is named.
    """
    if named:
        try:
            return (_read(named),)
        except OSError as error:
            raise TableUnreadable(f"{named}: {error.strerror or error}") from error
    found = []
    for path in (DEFAULT_TABLE, *sorted(_MORE_TABLES.glob("[!.]*.exports"))):
        try:
            found.append(_read(path))
        except OSError:
            continue
    return tuple(found)


def _read(path: Path) -> TableSeen:
    lines = read_table(path.read_text("utf-8", errors="surrogateescape"))
    lanes = Lanes("folders", 1, _LOOK_SECONDS)
    folders: dict[str, FolderSeen] = {}
    for line in lines:
        if isinstance(line, ExportLine):
            try:
                folders[line.path] = lanes.run(partial(folder_seen, Path(line.path)))
            except (OSError, ValueError, Late):
                continue  # the table of another machine, or a folder that is gone
    return TableSeen(str(path), lines, folders)
