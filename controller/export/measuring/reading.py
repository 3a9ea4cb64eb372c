"""Reading the record of a volume, with suspicion: it lies where others may have damaged it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain

from controller.export.measuring.blocks import read_blocks
from controller.export.measuring.entries import Damaged, Entry, decode
from controller.export.operations import ExportOperations


@contextmanager
def opened(operations: ExportOperations, folder: int, name: str) -> Iterator[int | None]:
    """A file of ours, to read; None where there is none. Raises `OSError`."""
    file = None
    with suppress(FileNotFoundError):
        file = operations.open_file(folder, name)
    try:
        yield file
    finally:
        if file is not None:
            operations.close(file)


def is_whole(operations: ExportOperations, folder: int, name: str) -> bool:
    """Whether there is a record of that name, and all of it is as it was written. Raises `OSError`."""
    with opened(operations, folder, name) as file:
        if file is None:
            return False
        try:
            for _ in read_blocks(operations, file):
                pass
        except Damaged:
            return False
        return True


def entries_of(operations: ExportOperations, file: int) -> Iterator[Entry]:
    """The entries of a record that is whole. Raises `OSError`."""
    return chain.from_iterable(map(decode, read_blocks(operations, file)))
