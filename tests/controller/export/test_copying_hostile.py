"""Whoever can write in what is copied plants links and swaps what is on the way: nothing from elsewhere gets into the
copy, and nothing elsewhere changes.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controller.export.copying.calls import CopyCalls
from controller.export.outcomes import Blocked, Finished
from policy.ownership import Ownership
from tests.trees import whole_tree

from .copies import UID, Export

SECRET = "somebody else's"
SOMEBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")


@pytest.fixture
def export(export_root: Path, wish: Ownership, no_more_file_descriptors_than_before: None) -> Export:
    for name in ("source/a/b", "other/a/b"):
        (export_root / name).mkdir(parents=True)
    for name in ("other/secret", "other/a/secret", "other/a/b/secret"):
        (export_root / name).write_text(SECRET)
    (export_root / "source" / "a" / "b" / "own").write_text("own")
    return Export(export_root, wish)


@pytest.fixture
def other(export: Export) -> Iterator[Path]:
    """What belongs to somebody else. At the end all is as it was but the source, what it is copied to, our own area,
    and what those put there who plant and swap.
    """
    theirs = (b"source", b"to", b".nfs-steward", b"away", b"elsewhere", b"beside")
    before = whole_tree(export.root, but=theirs)
    yield export.root / "other"
    assert whole_tree(export.root, but=theirs) == before


def contents(top: Path) -> set[str]:
    """What stands in the files of a copy."""
    return {path.read_text() for path in top.rglob("*") if path.is_file() and not path.is_symlink()}


class Swapping(CopyCalls):
    """Somebody is always as fast as can be: `swap` happens right before, or after, each call of this name."""

    def __init__(self, call: str, swap: Callable[[], None], *, after: bool) -> None:
        def swapped(*arguments: int | str) -> object:
            if not after:
                swap()
            result = getattr(super(Swapping, self), call)(*arguments)
            if after:
                swap()
            return result

        setattr(self, call, swapped)


def swap_for_a_link(victim: Path, target: Path) -> Callable[[], None]:
    def swap() -> None:
        if not victim.is_symlink() and victim.exists():
            victim.rename(victim.with_name("moved away"))
            victim.symlink_to(target)

    return swap


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", ["find", "status", "mount_of", "open_folder", "open_file", "entries", "make_folder"])
@pytest.mark.parametrize("name", ["a", "a/b", "a/b/own"])
def test_a_link_in_the_place_of_what_is_being_copied_leads_nowhere(
    export: Export, other: Path, name: str, call: str, after: bool
) -> None:
    target = other / "secret" if name.endswith("own") else other / "a"
    export.calls = Swapping(call, swap_for_a_link(export.source / name, target), after=after)
    assert isinstance(export.copy(), Finished)
    assert contents(export.place) <= {"own"}


@pytest.mark.parametrize("target", ["../other", "/", "/etc/passwd", ".", "..", "a/b", "loop"])
def test_links_are_copied_as_they_are(export: Export, other: Path, target: str) -> None:
    (export.source / "loop").symlink_to(target)
    assert isinstance(export.copy(), Finished)
    assert str((export.place / "loop").readlink()) == target
    assert contents(export.place) == {"own"}


@pytest.mark.parametrize("level", ["source", "to", "to/place"])
def test_a_link_on_the_way_is_told_and_not_followed(export: Export, other: Path, level: str) -> None:
    if level == "source":
        export.source.rename(export.root / "away")
    elif level == "to/place":
        export.place.parent.mkdir()
    (export.root / level).symlink_to(other)
    assert isinstance(export.copy(), Blocked)
    assert not (other / "place").exists()


@pytest.mark.parametrize("name", [".nfs-steward", f".nfs-steward/copies/{UID}"])
def test_a_link_in_the_place_of_our_own_area_is_told_and_not_followed(export: Export, other: Path, name: str) -> None:
    planted = export.root / name
    planted.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    export.area.chmod(0o700) if export.area.exists() else None
    planted.symlink_to(other)
    assert isinstance(export.copy(), Blocked)


def test_a_directory_that_is_moved_out_meanwhile_takes_nobody_along(export: Export, other: Path) -> None:
    moved = export.root / "elsewhere"

    def swap() -> None:
        if not moved.exists():
            (export.source / "a").rename(moved)
            (moved.parent / "beside").write_text(SECRET)

    export.calls = Swapping("make_folder", swap, after=True)
    assert isinstance(export.copy(), Finished)
    assert SECRET not in contents(export.place)


def test_what_vanishes_meanwhile_is_told(export: Export) -> None:
    (export.source / "going").touch()
    export.calls = Swapping("entries", lambda: (export.source / "going").unlink(missing_ok=True), after=False)
    listing = CopyCalls.entries

    def late(self: CopyCalls, folder: int) -> object:
        found = listing(self, folder)
        names = list(found)
        (export.source / "going").unlink(missing_ok=True)
        return Listed(names)

    export.calls = type("Late", (CopyCalls,), {"entries": late})()
    assert export.copy() == Finished(4, ("1 entry gone before they could be copied ('going')",))


class Listed:
    """A listing that was read before."""

    def __init__(self, entries: list[os.DirEntry[str]]) -> None:
        self._entries = entries

    def __enter__(self) -> Iterator[os.DirEntry[str]]:
        return iter(self._entries)

    def __exit__(self, *_error: object) -> None:
        pass


def test_what_is_written_to_meanwhile_is_told(export: Export) -> None:
    own = export.source / "a" / "b" / "own"
    export.calls = Swapping("create_file", lambda: own.write_text("own, and more"), after=True)
    assert export.copy() == Finished(3, ("1 entry taken while written to ('a/b/own')",))


@pytest.fixture
def somebody() -> Iterator[int]:
    """The uid that the test runs as: not root's, who may read everything."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(SOMEBODY)
    yield os.geteuid()
    if root:
        os.seteuid(0)


def test_what_we_may_not_read_is_told_and_there_is_no_copy_without_it(everybodys_root: Path, somebody: int) -> None:
    export = Export(everybodys_root, Ownership(0o2770, somebody, os.getegid()))
    export.source.mkdir()
    (export.source / "own").write_text("own")
    (export.source / "own").chmod(0)
    told = export.copy()
    assert told == Blocked(f"'own' in it cannot be read by uid {somebody}")
    assert not export.place.exists()


@pytest.mark.parametrize("call", ["find", "open_file", "open_folder"])
def test_a_right_that_the_export_denies_us_is_told_and_there_is_no_copy(export: Export, call: str) -> None:
    def denied() -> None:
        if (export.area / "copies" / UID).exists():
            raise PermissionError(13, "denied")

    export.calls = Swapping(call, denied, after=False)
    told = export.copy()
    assert isinstance(told, Blocked)
    assert "cannot be read by uid" in told.why
    assert not export.place.exists()


@needs_root
@pytest.mark.parametrize("kind", ["tmpfs", "bind"])
def test_mount_points_are_not_entered(export: Export, other: Path, kind: str) -> None:
    point = export.source / "a" / "mounted"
    point.mkdir()
    how = ["--bind", str(other)] if kind == "bind" else ["-t", "tmpfs", "tmpfs"]
    mounted = subprocess.run(["mount", *how, str(point)], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.strip()}")
    try:
        outcome = export.copy()
    finally:
        subprocess.run(["umount", str(point)], check=True)
    assert outcome == Finished(4, ("1 entry left out, being mount points ('a/mounted')",))
    assert not (export.place / "a" / "mounted").exists()
