"""One visit to an export: what is opened during it is closed at its end, and what it meets becomes an outcome."""

from __future__ import annotations

import errno
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from controller.export.failures import export_failure
from controller.export.limits.tools import ToolFailed
from controller.export.outcomes import Blocked, Disturbed, ExportState, Outcome, Unavailable
from policy.errors import PathRefused, StewardError
from policy.paths import RESERVED, check_segment, is_reserved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from controller.export.operations import ExportOperations
    from policy.exports import Segments


class PlaceRefused(StewardError):
    """A place on the export where we do nothing as things are: a link on the way, a directory that is not ours."""


class Visit:
    """The export's root, and whatever is entered from there. Raises `OSError` and `PlaceRefused`."""

    def __init__(self, operations: ExportOperations, root: int) -> None:
        self.operations = operations
        self.root = root
        self._held = ExitStack()

    def hold(self, opened: int) -> int:
        """Have a file descriptor closed at the end of the visit."""
        self._held.callback(self.operations.close, opened)
        return opened

    def close(self) -> None:
        """End the visit."""
        self._held.close()

    @contextmanager
    def part(self) -> Iterator[Visit]:
        """A part of the visit, at the end of which is closed what was opened during it."""
        part = Visit(self.operations, self.root)
        try:
            yield part
        finally:
            part.close()

    def enter(self, parent: int, name: str) -> int:
        """Open a directory to walk on, for as long as the visit; `FileNotFoundError` where there is none."""
        return self.hold(self._open(parent, name))

    def find(self, segments: Segments) -> int | None:
        """Walk down from the root to the directory at `segments`; None where there is none."""
        here: int | None = None
        for name in segments:
            with suppress(FileNotFoundError):
                there = self._open(self.root if here is None else here, name)
                self._leave(here)
                here = there
                continue
            self._leave(here)
            return None
        return self.root if here is None else self.hold(here)

    def has(self, parent: int, name: str) -> bool:
        """Whether anything has that name."""
        try:
            self.operations.look(parent, name)
        except FileNotFoundError:
            return False
        return True

    def _open(self, parent: int, name: str) -> int:
        try:
            return self.operations.open_child(parent, name)
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                raise PlaceRefused(f"{name!r} on the way is a symbolic link or no directory") from error
            raise

    def _leave(self, directory: int | None) -> None:
        if directory is not None:
            self.operations.close(directory)


@contextmanager
def visiting(operations: ExportOperations, root: Path) -> Iterator[Visit]:
    """A visit to the export that is mounted at `root`."""
    visit = Visit(operations, operations.open_root(root))
    visit.hold(visit.root)
    try:
        yield visit
    finally:
        visit.close()


def answer(operations: ExportOperations, root: Path, work: Callable[[Visit], Outcome]) -> Outcome:
    """What `work` comes to on a visit, whatever the export does meanwhile."""
    try:
        with visiting(operations, root) as visit:
            return _work(visit, work)
    except (PlaceRefused, PathRefused) as refused:
        return Blocked(str(refused))
    except ToolFailed as failed:
        return Unavailable(ExportState.DENIED, str(failed))
    except OSError as error:
        return export_failure(error)


def _work(visit: Visit, work: Callable[[Visit], Outcome]) -> Outcome:
    try:
        return work(visit)
    except FileNotFoundError:
        return Disturbed("something disappears while it is being moved")


def check_place(segments: Segments) -> str:
    """The last segment of a place where a volume's data may lie; raises `PathRefused` for the root and our own area."""
    if not segments:
        raise PathRefused("it is the export's root itself")
    for segment in segments:
        check_segment(segment)
    if is_reserved(segments):
        raise PathRefused(f"it lies in {RESERVED}, which is nfs-steward's own")
    return segments[-1]
