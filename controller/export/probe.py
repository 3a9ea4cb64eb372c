"""Looking at an export without changing it: is it there, may we write, is there room."""

import os
from dataclasses import dataclass
from pathlib import Path

from controller.export.failures import export_failure, ourselves
from controller.export.operations import ExportOperations
from controller.export.outcomes import ExportState, Unavailable


@dataclass(frozen=True, slots=True)
class Probed:
    """What is wrong with an export as a whole, None where nothing is, and how many bytes we may still write, None where
    that cannot be told.
    """

    trouble: Unavailable | None
    free_bytes: int | None = None


def probe(operations: ExportOperations, root: Path) -> Unavailable | None:
    """What is wrong with the export as a whole, None where nothing is."""
    return look(operations, root).trouble


def look(operations: ExportOperations, root: Path) -> Probed:
    """How the export is."""
    try:
        directory = operations.open_root(root)
        try:
            operations.status(directory)  # asks the server: ESTALE and EIO show here
            space = operations.space(directory)
            return Probed(_trouble(operations, directory, space), space.f_bavail * space.f_frsize)
        finally:
            operations.close(directory)
    except OSError as error:
        return Probed(export_failure(error))


def _trouble(operations: ExportOperations, directory: int, space: os.statvfs_result) -> Unavailable | None:
    if space.f_flag & os.ST_RDONLY:
        return Unavailable(ExportState.READ_ONLY, "it is mounted read-only")
    if not operations.is_writable(directory):
        return Unavailable(ExportState.DENIED, f"no right to write in its root for {ourselves()}")
    if space.f_blocks and not space.f_bavail:
        return Unavailable(ExportState.FULL, "no block is free")
    if space.f_files and not space.f_favail:
        return Unavailable(ExportState.FULL, "no inode is free")
    return None
