"""Giving a directory that was there before the mode and owner of a new one, where an administrator asks for that."""

from controller.export.failures import describe
from controller.export.finish import difference, give, state_of
from controller.export.operations import ExportOperations
from controller.export.outcomes import Existed, Made
from policy.ownership import Ownership


def change_directory(operations: ExportOperations, directory: int, wish: Ownership) -> Made | Existed:
    """Have a directory that is held open be as wished, whatever is in it, which stays as it is.

    `Existed` where it is so already, and nothing is touched. A death in between leaves the rest to the next time.
    Raises `OSError` where the export fails rather than refuses.
    """
    before = state_of(operations.status(directory))
    if before == wish:
        return Existed(before)
    shortfalls = _give(operations, directory, wish)
    after = state_of(operations.status(directory))
    return Made(after, shortfalls or difference(after, wish), before)


def _give(operations: ExportOperations, directory: int, wish: Ownership) -> tuple[str, ...]:
    try:
        ours = operations.reopen(directory)
    except PermissionError as error:
        return (f"{wish} was refused by the export, which does not let us look into it ({describe(error)})",)
    try:
        return give(operations, ours, wish)
    finally:
        operations.close(ours)
