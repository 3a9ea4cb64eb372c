import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controller.export.operations import SystemCalls
from policy.ownership import Ownership
from tests.controller.export.asking import PLACE


class Died(BaseException):
    """Stands for the end of the process."""


class MortalCalls(SystemCalls):
    """Real system calls, until the one after the `lives`-th change: that is never made."""

    def __init__(self, lives: int) -> None:
        self._lives = lives

    def make_child(self, parent: int, name: str, mode: int) -> None:
        self._live()
        super().make_child(parent, name, mode)

    def set_owner(self, directory: int, uid: int, gid: int) -> None:
        self._live()
        super().set_owner(directory, uid, gid)

    def set_mode(self, directory: int, mode: int) -> None:
        self._live()
        super().set_mode(directory, mode)

    def unlock(self, directory: int) -> None:
        self._live()
        super().unlock(directory)

    def move(self, parent: int, name: str, new_parent: int, new_name: str) -> None:
        self._live()
        super().move(parent, name, new_parent, new_name)

    def move_directory(self, parent: int, name: str, new_parent: int, new_name: str) -> None:
        self._live()
        super().move_directory(parent, name, new_parent, new_name)

    def link(self, parent: int, name: str, new_name: str) -> None:
        self._live()
        super().link(parent, name, new_name)

    def remove_file(self, parent: int, name: str) -> None:
        self._live()
        super().remove_file(parent, name)

    def remove_directory(self, parent: int, name: str) -> None:
        self._live()
        super().remove_directory(parent, name)

    def create_file(self, parent: int, name: str) -> int:
        self._live()
        return super().create_file(parent, name)

    def write(self, file: int, content: bytes) -> int:
        self._live()
        return super().write(file, content[: max(1, len(content) // 2)])

    def _live(self) -> None:
        if self._lives == 0:
            raise Died
        self._lives -= 1


@pytest.fixture
def mortal_calls() -> Callable[[int], SystemCalls]:
    return MortalCalls


@pytest.fixture
def death() -> type[BaseException]:
    return Died


@pytest.fixture
def export_root(tmp_path: Path) -> Path:
    root = tmp_path / "export"
    root.mkdir()
    return root


@pytest.fixture
def everybodys_root() -> Iterator[Path]:
    """An export that every user can reach, which pytest's own temporary directories are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@pytest.fixture
def wish() -> Ownership:
    """Mode and owner that every user may set."""
    return Ownership(mode=0o2770, uid=os.geteuid(), gid=os.getegid())


@pytest.fixture
def no_more_file_descriptors_than_before() -> Iterator[None]:
    before = len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


@pytest.fixture
def volume(export_root: Path) -> Path:
    """A volume's directory with something in it, beside a neighbour's."""
    folder = export_root.joinpath(*PLACE)
    (folder / "deeper").mkdir(parents=True)
    (folder / "file").write_text("data")
    (folder / "deeper" / "file").write_text("more data")
    (folder / "link").symlink_to("/etc")
    (export_root / "team-a" / "neighbour").mkdir()
    (export_root / "team-a" / "neighbour" / "file").write_text("not yours")
    return folder


@pytest.fixture
def area(export_root: Path) -> Path:
    return export_root / ".nfs-steward"
