"""Looking at an export without changing it: is it there, may we write, is there room."""

import os
from pathlib import Path

from controller.export.failures import export_failure
from controller.export.operations import ExportOperations
from controller.export.outcomes import ExportState, Unavailable


def probe(operations: ExportOperations, root: Path) -> Unavailable | None:
    """What is wrong with the export as a whole, None where nothing is."""
    try:
        directory = operations.open_root(root)
        try:
            return _look(operations, directory)
        finally:
            operations.close(directory)
    except OSError as error:
        return export_failure(error)


def _look(operations: ExportOperations, directory: int) -> Unavailable | None:
    operations.status(directory)  # asks the server: ESTALE and EIO show here
    space = operations.space(directory)
    if space.f_flag & os.ST_RDONLY:
        return Unavailable(ExportState.READ_ONLY, "it is mounted read-only")
    if not operations.is_writable(directory):
        return Unavailable(ExportState.DENIED, f"uid {os.geteuid()} may not write in its root")
    if space.f_blocks and not space.f_bavail:
        return Unavailable(ExportState.FULL, "no block is free")
    if space.f_files and not space.f_favail:
        return Unavailable(ExportState.FULL, "no inode is free")
    return None
