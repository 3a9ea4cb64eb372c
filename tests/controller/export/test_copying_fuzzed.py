"""Whatever lies in what is copied, and whenever somebody swaps a part of it for something else: nothing comes about but
the copy, and nothing that lies elsewhere is in it.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.export.copying.calls import CopyCalls
from controller.export.operations import SystemCalls
from controller.export.outcomes import Blocked, Disturbed, Finished, Outcome
from policy.ownership import Ownership
from tests.trees import Tree, whole_tree

from .copies import Export, described
from .planting import Planted, plant_all, planted_things

pytestmark = pytest.mark.usefixtures("no_more_file_descriptors_than_before")

SECRET: Final = b"somebody else's"


def make_links(path: Path, outside: Path) -> None:
    """A directory with names that may have been there before, and that lead elsewhere."""
    path.mkdir()
    for name in ("a", "b", "file", "data"):
        (path / name).symlink_to(outside / "folder")


REPLACEMENTS: Final[Mapping[str, Callable[[Path, Path], None]]] = {
    "a link to a directory": lambda path, outside: path.symlink_to(outside / "folder"),
    "a link to a file": lambda path, outside: path.symlink_to(outside / "folder" / "file"),
    "a link to somebody else's": lambda path, _outside: path.symlink_to("../other"),
    "a directory with links": make_links,
    "a pipe": lambda path, _outside: os.mkfifo(path),
    "nothing": lambda _path, _outside: None,
}
KINDS: Final = sorted(REPLACEMENTS)


class Unsynced(CopyCalls):
    """The real calls; nobody waits for the disk here."""

    def sync_all(self, opened: int) -> None:
        pass


class UnsyncedOperations(SystemCalls):
    """As `Unsynced`."""

    def sync(self, opened: int) -> None:
        pass


@dataclass
class Moment:
    """Right before the call of the number `at`: something `happens` then."""

    at: int
    happens: Callable[[], None]
    calls: int = 0

    @property
    def has_come(self) -> bool:
        return self.calls > self.at

    def one_more(self) -> None:
        self.calls += 1
        if self.calls == self.at + 1:
            self.happens()


@dataclass
class Interrupted:
    """Does what `wrapped` does; each of its calls counts."""

    wrapped: Any
    moment: Moment

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.wrapped, name)

        def made(*arguments: Any) -> Any:
            self.moment.one_more()
            return call(*arguments)

        return made


@dataclass
class Scene:
    """An export with a source to copy and somebody else's tree beside it, and another tree outside of the export. An
    attacker swaps a part of the source; `left` is all but the copy as it is since then.
    """

    top: Path
    left: Tree = field(default_factory=dict)

    def __post_init__(self) -> None:
        for folder in (self.outside / "folder", self.top / "export" / "other"):
            folder.mkdir(parents=True)
            (folder / "file").write_bytes(SECRET)
        (self.outside / "file").write_bytes(b"has another name in the source")
        (self.top / "taken").mkdir()
        self.source.mkdir()

    @property
    def outside(self) -> Path:
        return self.top / "outside"

    @property
    def source(self) -> Path:
        return self.top / "export" / "source"

    def copy(self, wish: Ownership, moment: Moment) -> Outcome:
        """Have the source copied; see that nothing else has changed since the swap, and that no secret got out."""
        self.left = self._all_but_the_copy()
        calls: Any = Interrupted(Unsynced(), moment)
        operations: Any = Interrupted(UnsyncedOperations(), moment)
        outcome = Export(self.top / "export", wish, calls=calls, operations=operations).copy()
        assert self._all_but_the_copy() == self.left
        made = [whole_tree(path) for path in self._of_the_copy() if path.exists()]
        assert not [path for tree in made for path, entry in tree.items() if SECRET in entry.content]
        return outcome

    def swap(self, path: Path, replacement: str) -> None:
        """Take away what is at `path`, where that can be done, and put something else there."""
        with suppress(OSError):
            path.rename(self.top / "taken" / "it")
            REPLACEMENTS[replacement](path, self.outside)
        self.left = self._all_but_the_copy()

    def _of_the_copy(self) -> tuple[Path, Path]:
        return self.top / "export" / "to", self.top / "export" / ".nfs-steward"

    def _all_but_the_copy(self) -> Tree:
        return whole_tree(self.top, but=tuple(os.fsencode(path.relative_to(self.top)) for path in self._of_the_copy()))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(
    planted=planted_things,
    at=st.integers(0, 300),
    which=st.integers(0, 20),
    replacement=st.sampled_from(KINDS),
)
def test_no_tree_that_anybody_can_think_of_and_swap_has_anything_else_changed_or_copied(
    tmp_path_factory: pytest.TempPathFactory,
    wish: Ownership,
    planted: list[Planted],
    at: int,
    which: int,
    replacement: str,
) -> None:
    scene = Scene(tmp_path_factory.mktemp("top"))
    plant_all(scene.source, planted, scene.outside)
    paths = [scene.source, *sorted(scene.source.rglob("*"))]
    moment = Moment(at, lambda: scene.swap(paths[which % len(paths)], replacement))

    outcome = scene.copy(wish, moment)

    assert isinstance(outcome, Finished | Blocked | Disturbed)
    if isinstance(outcome, Finished) and not moment.has_come:
        assert not outcome.shortfalls
        assert described(scene.top / "export" / "to" / "place") == described(scene.source)


@pytest.mark.parametrize("path", ["", "a", "a/b", "a/b/file", "link"], ids=lambda path: path or "all of it")
def test_whatever_is_swapped_before_any_call_has_nothing_else_changed_or_copied(
    tmp_path: Path, wish: Ownership, path: str
) -> None:
    for at in count():
        scene = Scene(tmp_path / str(at))
        (scene.source / "a" / "b").mkdir(parents=True)
        (scene.source / "a" / "b" / "file").write_text("own")
        (scene.source / "link").symlink_to("a")
        moment = Moment(at, partial(scene.swap, scene.source / path, KINDS[at % len(KINDS)]))
        outcome = scene.copy(wish, moment)
        assert isinstance(outcome, Finished | Blocked | Disturbed), f"swapped before call {at + 1}"
        if not moment.has_come:
            break
    assert at > 100
