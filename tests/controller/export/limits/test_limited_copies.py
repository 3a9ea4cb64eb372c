"""Copies with limits, cut short and begun anew, with project quotas that are only remembered."""

import errno
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controller.export.copying.calls import CopyCalls
from controller.export.copying.copies import Copies, Hands
from controller.export.copying.folder import doom_stale_copies
from controller.export.jobs import Progress
from controller.export.limits.limits import Limits
from controller.export.operations import SystemCalls
from controller.export.outcomes import Blocked, Finished, Outcome
from controller.export.removing import Removal
from controller.export.requests import CopyDirectory, Limit
from controller.export.visit import visiting
from policy.ownership import Ownership
from policy.parameters import QuotaKind
from tests.controller.export.copies import UID, Died, InThisThread
from tests.controller.export.limits.remembered import RememberedProjects, limiting

SIZE = 10 << 20
LATER = datetime(2100, 1, 1, tzinfo=UTC)


class Dying(CopyCalls):
    """The process ends with the first file."""

    def create_file(self, _parent: int, _name: str) -> int:
        raise Died


class Plain(CopyCalls):
    """On a file system that can only be read and written; all that is `written` is counted, in bytes."""

    written = 0

    def clone(self, _source: int, _target: int) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    def copy_range(self, _source: int, _target: int, _at: int, _count: int) -> int:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    def write(self, target: int, at: int, content: bytes) -> int:
        self.written += len(content)
        return super().write(target, at, content)


@dataclass
class Export:
    """An export whose project quotas are remembered, with a directory `source` that is to be copied to `copy`."""

    root: Path
    wish: Ownership
    projects: RememberedProjects

    @property
    def limits(self) -> Limits:
        return Limits(SystemCalls(), self.root, limiting(self.projects))

    def copy(self, calls: CopyCalls) -> Outcome:
        jobs: Any = InThisThread(lambda: True, Progress)
        request = CopyDirectory(("source",), ("copy",), UID, self.wish, Limit(QuotaKind.PROJECT, SIZE, UID))
        return Copies(jobs, Hands(SystemCalls(), calls, self.root, self.limits)).ask(request)

    def remove_doomed(self) -> None:
        for container in (self.root / ".nfs-steward" / "doomed").iterdir():
            Removal(SystemCalls(), self.root, container.name, self.limits)(Progress())
        self.projects.forget_removed()

    def keep_house(self) -> None:
        with visiting(SystemCalls(), self.root) as visit:
            doom_stale_copies(visit)
            self.limits.keep_house(visit, LATER)

    @property
    def given(self) -> list[str]:
        return sorted(path.name for path in (self.root / ".nfs-steward" / "projects").iterdir())


@pytest.fixture
def export(export_root: Path, wish: Ownership) -> Export:
    (export_root / "source").mkdir()
    (export_root / "source" / "file").write_text("data")
    return Export(export_root, wish, RememberedProjects(export_root))


def test_a_copy_that_was_begun_anew_keeps_its_limit_when_the_one_that_was_cut_short_is_removed(export: Export) -> None:
    with pytest.raises(Died):
        export.copy(Dying())
    assert export.copy(CopyCalls()) == Finished(1)
    number = export.projects.numbers[(export.root / "copy").stat().st_ino]

    export.remove_doomed()

    assert export.projects.limits == {number: SIZE}
    assert export.given == [str(number)]


def test_the_number_of_a_copy_that_nobody_wants_any_more_is_given_back_in_the_end(export: Export) -> None:
    with pytest.raises(Died):
        export.copy(Dying())
    os.utime(export.root / ".nfs-steward" / "copies" / UID, (0, 0))

    export.keep_house()
    assert len(export.given) == 1
    export.remove_doomed()
    export.keep_house()

    assert export.given == []


def test_a_copy_that_came_to_more_than_its_limit_is_none(export: Export) -> None:
    """As of a source that nothing limits, or in which files are moved ahead of whoever copies."""
    (export.root / "source" / "large").write_bytes(bytes([1]) * (SIZE + 1))

    refused = export.copy(CopyCalls())

    assert isinstance(refused, Blocked)
    assert "takes no more than 10Mi" in refused.why
    assert not (export.root / "copy").exists()
    assert list((export.root / ".nfs-steward" / "copies").glob("*/*")) == []


@pytest.mark.parametrize(
    ("files", "size"), [pytest.param(100, 1 << 20, id="many files"), pytest.param(1, 100 << 20, id="one large file")]
)
def test_a_copy_that_does_not_fit_is_given_up_on_the_way(export: Export, files: int, size: int) -> None:
    """It would fill the export for all others, and would be tried again and again."""
    for number in range(files):
        (export.root / "source" / str(number)).write_bytes(bytes([1]) * size)
    calls = Plain()

    assert isinstance(export.copy(calls), Blocked)

    assert SIZE < calls.written <= SIZE + (2 << 20)


def test_holes_take_nothing_of_a_copys_limit(export: Export) -> None:
    with (export.root / "source" / "sparse").open("wb") as file:
        file.write(b"data")
        file.truncate(2 * SIZE)

    assert export.copy(CopyCalls()) == Finished(2)
