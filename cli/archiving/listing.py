"""Archives as a table for people and as JSON for programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from controller.export.archive_record import ArchiveRecord
from controller.export.archives import Archive

_WIDTH_WITHOUT_TERMINAL: Final = 200
_COLUMNS: Final = ("archive", "claim", "size", "archived", "kept until", "was at")


def print_archives(archives: Sequence[Archive]) -> None:
    """Print the archives on standard output, or that there are none."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH_WITHOUT_TERMINAL)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in _COLUMNS:
        table.add_column(column, overflow="fold")
    for archive in archives:
        table.add_row(*map(Text, _row(archive)))
    console.print(table if archives else "There is no archive.")


def as_json(archives: Sequence[Archive]) -> str:
    """Return a JSON list with one entry for each archive, as `nfs-steward archive list --help` describes it."""
    return orjson.dumps([_entry(each) for each in archives], option=orjson.OPT_INDENT_2).decode()


def _row(archive: Archive) -> tuple[str, ...]:
    record = archive.record
    if not isinstance(record, ArchiveRecord):
        return archive.name, "?", "?", "?", "it is removed by hand", str(record)
    archived = record.archived
    kept_until = _minute(record.expires_at) if record.expires_at else "for ever"
    claim = f"{archived.namespace}/{archived.claim}"
    return archive.name, claim, archived.capacity, _minute(record.archived_at), kept_until, "/".join(archived.segments)


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}Z"


def _entry(archive: Archive) -> dict[str, Any]:
    record = archive.record
    if not isinstance(record, ArchiveRecord):
        return {"name": archive.name, "problem": str(record)}
    archived = record.archived
    return {
        "name": archive.name,
        "namespace": archived.namespace,
        "claim": archived.claim,
        "volume": archived.volume,
        "capacity": archived.capacity,
        "archivedAt": record.archived_at,
        "keptUntil": record.expires_at,
        "directory": "/".join(archived.segments),
    }
