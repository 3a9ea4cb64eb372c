"""The record of a walk while it is being written.

A record is of use, never needed: on an export that is full or read-only the walk goes on without, and the next one
looks at everything.
"""

from contextlib import suppress
from typing import Final

from controller.export.measuring.blocks import BLOCK, BlockWriter
from controller.export.measuring.entries import Entry, encode
from controller.export.operations import ExportOperations
from runtime.logs import get_logger

DRAFT: Final = ".draft"
"""What follows the name of a record that is being written."""

_LOG: Final = get_logger(__name__)


class Draft:
    """A record to be, in a folder of ours; None: there is nowhere to write it. Small ones are not written at all before
    they are kept.
    """

    def __init__(self, operations: ExportOperations, folder: int | None, name: str, suffix: str = DRAFT) -> None:
        """`name` is the record's, `suffix` what follows it as long as it is a draft."""
        self._operations = operations
        self._folder = folder
        self._name = name
        self._draft = name + suffix
        self._pending = bytearray()
        self._file: int | None = None
        self._writer: BlockWriter | None = None

    def add(self, entry: Entry) -> None:
        """One more entry."""
        self._pending += encode(entry)
        if len(self._pending) >= BLOCK:
            self.flush()

    def flush(self) -> None:
        """Have what was added so far outlive this process."""
        content = bytes(self._pending)
        self._pending.clear()
        try:
            if self._folder is not None and content:
                self._opened(self._folder).write(content)
        except OSError as error:
            self._give_up(error)

    def keep(self) -> None:
        """All entries are in: this is the record from now on."""
        self.flush()
        if self._folder is None or self._writer is None:
            return
        try:
            self._writer.finish()
            self._close()
            self._operations.move(self._folder, self._draft, self._folder, self._name)
        except OSError as error:
            self._give_up(error)

    def discard(self) -> None:
        """The record that there is says all of this already."""
        self._pending.clear()
        if self._folder is not None and self._writer is not None:
            self._close()
            with suppress(OSError):
                self._operations.remove_file(self._folder, self._draft)

    def close(self) -> None:
        """Close what is open, and write no more; what was flushed stays, to be gone on from."""
        self._folder = None
        self._close()

    def _opened(self, folder: int) -> BlockWriter:
        if self._writer is None:
            with suppress(FileNotFoundError):
                self._operations.remove_file(folder, self._draft)
            self._file = self._operations.create_file(folder, self._draft)
            self._writer = BlockWriter(self._operations, self._file)
        return self._writer

    def _give_up(self, error: OSError) -> None:
        _LOG.info("a volume is measured without a record", volume_uid=self._name, why=str(error))
        self.close()

    def _close(self) -> None:
        if self._file is not None:
            self._operations.close(self._file)
            self._file = None
