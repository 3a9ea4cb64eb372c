"""Going on from where an earlier walk of a volume was ended: what it had written becomes part of the record.

Up to where it had come its draft holds, from there on the record of the walk before. Two kinds of directories in the
draft are to be looked at again: those that the walk was in when it ended, since it had not been through them, and those
with links, since only a walk that comes to its end knows whether a link is a surprise.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, TypeAlias

from controller.export.measuring.blocks import sound_blocks
from controller.export.measuring.draft import DRAFT, Draft
from controller.export.measuring.entries import Entry, Folder, decode
from controller.export.measuring.reading import opened, whole_record
from controller.export.operations import ExportOperations

RECOVERED: Final = ".recovered"
"""What follows the name of a record that is being put together from two."""

_Path: TypeAlias = tuple[bytes, ...]


def recover(operations: ExportOperations, folder: int, name: str) -> None:
    """Have the record of that name begin with what an earlier walk has left of its draft, if it has. May be ended at
    any moment, and begun again. Raises `OSError`.
    """
    with opened(operations, folder, name + DRAFT) as draft:
        if draft is None:
            return
        reached: _Path = ()
        for path, _ in _with_paths(_sound_entries(operations, draft)):
            reached = path
    if reached:
        _put_together(operations, folder, name, reached)
    operations.remove_file(folder, name + DRAFT)


def _put_together(operations: ExportOperations, folder: int, name: str, reached: _Path) -> None:
    record = Draft(operations, folder, name, RECOVERED)
    try:
        with opened(operations, folder, name + DRAFT) as draft:
            if draft is not None:
                for folder_entry in _drafted(_with_paths(_sound_entries(operations, draft)), reached):
                    record.add(folder_entry)
        with whole_record(operations, folder, name) as before:
            for path, entry in _with_paths(before):
                if path > reached:
                    record.add(entry)
        record.keep()
    finally:
        record.close()


def _drafted(entries: Iterable[tuple[_Path, Entry]], reached: _Path) -> Iterator[Folder]:
    """The directories in a draft, with nothing left of those that are to be looked at again but that they are there."""
    last: Folder | None = None
    for path, entry in entries:
        if not isinstance(entry, Folder):
            last = last and last._replace(looked=0)
            continue
        if last is not None:
            yield last
        last = entry._replace(looked=0) if path == reached[: len(path)] else entry
    if last is not None:
        yield last


def _sound_entries(operations: ExportOperations, draft: int) -> Iterator[Entry]:
    return chain.from_iterable(map(decode, sound_blocks(operations, draft)))


def _with_paths(entries: Iterable[Entry]) -> Iterator[tuple[_Path, Entry]]:
    """Each entry with the names on the way to its directory, the volume's own first, whose name is empty."""
    path: _Path = ()
    for entry in entries:
        if isinstance(entry, Folder):
            path = (*path[: entry.depth], entry.name)
        yield path, entry
