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


@contextmanager
def whole_record(operations: ExportOperations, folder: int, name: str) -> Iterator[Iterator[Entry]]:
    """The entries of the record of that name; none of them where it is not as it was written, to its end. Raises
    `OSError`.

    It is read twice, since its end vouches for all of it; a small one is held in memory instead.
    """
    with opened(operations, folder, name) as file:
        count, last = _sound(operations, file) if file is not None else (0, b"")
    if count <= 1:
        yield decode(last)
        return
    with opened(operations, folder, name) as file:
        yield chain.from_iterable(map(decode, read_blocks(operations, file))) if file is not None else iter(())


def _sound(operations: ExportOperations, file: int) -> tuple[int, bytes]:
    """How many blocks a record has, and the last; none, where one of them is not as it was written."""
    count, last = 0, b""
    try:
        for block in read_blocks(operations, file):
            count, last = count + 1, block
    except Damaged:
        return 0, b""
    return count, last
