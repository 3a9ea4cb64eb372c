"""A copy keeps all that there is, comes to its place in one piece, and is finished by whoever comes next."""

import os
import socket
import stat
from pathlib import Path

import pytest

from controller.export.copying.calls import CopyCalls
from controller.export.jobs import Interrupted, Progress
from controller.export.outcomes import Blocked, Disturbed, Finished
from policy.ownership import Ownership

from .copies import UID, Between, Died, Export, described, without

EPOCH = 1_600_000_000_123_456_789
ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root can make such files")


@pytest.fixture
def export(export_root: Path, wish: Ownership, no_more_file_descriptors_than_before: None) -> Export:
    (export_root / "source").mkdir()
    return Export(export_root, wish)


@pytest.fixture
def tree(export: Export) -> Path:
    """A source with one of everything in it."""
    top = export.source
    (top / "sub" / "deeper").mkdir(parents=True)
    (top / "empty").mkdir(mode=0o711)
    (top / "file").write_text("content")
    (top / "file").chmod(0o640)
    (top / "nothing").touch()
    (top / "sub" / "large").write_bytes(os.urandom(3 << 20))
    (top / "sub" / "other name").hardlink_to(top / "file")
    (top / "sub" / "deeper" / "third name").hardlink_to(top / "file")
    (top / "set").write_text("x")
    (top / "set").chmod(0o4750)
    (top / "link").symlink_to("sub/deeper")
    (top / "dangling").symlink_to("/does/not/exist")
    os.mkfifo(top / "fifo", 0o620)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(top / "socket"))
    Path(os.fsdecode(os.fsencode(top) + b"/\xff\xfe\n")).write_text("no text")
    (top / ("n" * 255)).write_text("long")
    for path in (top / "file", top / "sub"):
        os.setxattr(path, "user.colour", b"blue")
    for path in (top / "dangling", top / "fifo", top / "sub" / "large", top / "sub" / "deeper", top / "sub"):
        os.utime(path, ns=(EPOCH, EPOCH), follow_symlinks=False)
    return top


def test_all_that_there_is_comes_with_its_owner_mode_times_and_names(export: Export, tree: Path) -> None:
    before = described(tree)
    outcome = export.copy()
    assert outcome == Finished(15)
    assert described(export.place) == before == described(tree)


def test_the_topmost_directory_is_as_wished(export: Export, tree: Path) -> None:
    export.copy()
    status = export.place.stat()
    assert Ownership(stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == export.wish


def test_everybody_may_walk_through_what_is_made_on_the_way(export: Export, tree: Path) -> None:
    """As where a directory is made empty: a node that mounts it may be nobody on the server."""
    export.copy()
    assert stat.S_IMODE((export.root / "to").stat().st_mode) == export.wish.mode | 0o111


def complete(export: Export) -> str:
    """How the file is called that tells of the copy in its place."""
    return f"complete-{export.place.stat().st_ino}-{export.source.stat().st_ino}"


def test_nothing_else_stays_on_the_export(export: Export, tree: Path) -> None:
    export.copy()
    left = sorted(path.name for path in (export.area / "copies" / UID).iterdir())
    assert left == [complete(export)]
    assert sorted(path.name for path in export.root.iterdir()) == [".nfs-steward", "source", "to"]


def test_holes_stay_holes(export: Export) -> None:
    with (export.source / "sparse").open("wb") as file:
        file.seek(64 << 20)
        file.write(b"end")
        file.truncate(128 << 20)
    export.calls = without("clone")
    export.copy()
    copied = (export.place / "sparse").stat()
    assert copied.st_size == 128 << 20
    assert copied.st_blocks <= (export.source / "sparse").stat().st_blocks + 8
    with (export.place / "sparse").open("rb") as file:
        assert file.read(4096) == bytes(4096)
        file.seek(64 << 20)
        assert file.read(3) == b"end"


@pytest.mark.parametrize(
    "lacking",
    [
        pytest.param((), id="nothing"),
        pytest.param(("clone",), id="reflinks"),
        pytest.param(("clone", "copy_range"), id="copying within the kernel"),
        pytest.param(("clone", "copy_range", "extent"), id="holes"),
        pytest.param(("attributes",), id="extended attributes"),
    ],
)
def test_the_content_is_the_same_whatever_the_file_system_lacks(
    export: Export, tree: Path, lacking: tuple[str, ...]
) -> None:
    export.calls = without(*lacking)
    assert isinstance(export.copy(), Finished)
    for name in ("file", "nothing", "sub/large"):
        assert (export.place / name).read_bytes() == (tree / name).read_bytes()


def test_what_the_export_refuses_is_told_once_with_the_first_of_its_entries(export: Export, tree: Path) -> None:
    export.calls = without("share", "set_attribute", "set_owner", "set_owner_of")
    if ROOT:
        for name in ("file", "set"):
            os.chown(tree / name, 12, 34)
        (tree / "set").chmod(0o4750)
    outcome = export.copy()
    assert isinstance(outcome, Finished)
    told = " ".join(outcome.shortfalls)
    assert "entries copied once for each of their names (hard links), which the export refused" in told
    assert "not with all extended attributes that they had, which the export refused" in told
    if ROOT:
        assert "not with the owner that they had, which the export refused" in told
        assert (export.place / "set").stat().st_mode & 0o7777 == 0o750, "another owner must not get its rights"


@needs_root
def test_devices_are_left_out_and_told(export: Export) -> None:
    os.mknod(export.source / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    (export.source / "file").touch()
    outcome = export.copy()
    assert outcome == Finished(2, ("1 entry left out, being devices ('null')",))
    assert [path.name for path in export.place.iterdir()] == ["file"]


def test_what_the_export_cannot_hold_is_left_out_and_told(export: Export) -> None:
    os.mkfifo(export.source / "fifo")
    (export.source / "link").symlink_to("fifo")
    export.calls = without("make_special", "make_link")
    outcome = export.copy()
    assert isinstance(outcome, Finished)
    (told,) = outcome.shortfalls
    assert told.startswith("2 entries left out, since the export takes no links, fifos or sockets")
    assert list(export.place.iterdir()) == []


def test_a_tree_deeper_than_can_be_held_open_is_copied_whole(export: Export) -> None:
    here = export.source
    for level in range(300):
        here = here / "d"
        here.mkdir()
        if level % 50 == 0:
            (here / "file").write_text(str(level))
    os.utime(here, ns=(EPOCH, EPOCH))
    assert export.copy() == Finished(306)
    assert described(export.place).keys() == described(export.source).keys()


def test_an_empty_directory_makes_an_empty_volume(export: Export) -> None:
    assert export.copy() == Finished(0)
    assert list(export.place.iterdir()) == []


def test_it_lets_others_have_their_turn_and_goes_on_where_it_was(export: Export, tree: Path) -> None:
    before = described(tree)
    turns = []

    def short() -> Progress:
        turns.append(export.place.exists())
        return Progress(turn_is_over=iter([False, True]).__next__)

    assert isinstance(export.copy(short), Finished)
    assert len(turns) > 15
    assert not any(turns)
    assert described(export.place) == before


def test_a_copy_that_was_placed_before_is_known_again(export: Export, tree: Path) -> None:
    export.copy()
    inode = export.place.stat().st_ino
    (tree / "file").write_text("changed since")
    assert export.copy() == Finished(0)
    assert export.place.stat().st_ino == inode
    assert (export.place / "file").read_text() == "content"


@pytest.mark.parametrize("kind", ["directory", "file", "link"])
def test_what_is_at_its_place_already_is_left_alone(export: Export, tree: Path, kind: str) -> None:
    export.place.parent.mkdir()
    match kind:
        case "directory":
            export.place.mkdir()
        case "file":
            export.place.touch()
        case "link":
            export.place.symlink_to(tree)
    inode = export.place.lstat().st_ino
    outcome = export.copy()
    assert outcome == Blocked("there is something at 'to/place' already")
    assert export.place.lstat().st_ino == inode


def test_what_comes_to_its_place_meanwhile_is_left_alone(export: Export, tree: Path) -> None:
    def plant(name: str) -> None:
        if name == "remove_directory":
            export.place.mkdir(parents=True)
            (export.place / "somebody's").touch()

    export.before = plant
    assert export.copy() == Blocked("there is something at 'to/place' already")
    assert [path.name for path in export.place.iterdir()] == ["somebody's"]


def test_a_source_that_is_taken_away_meanwhile_leaves_nothing(export: Export, tree: Path) -> None:
    def taken_away(name: str) -> None:
        if name == "remove_directory" and tree.exists():
            tree.rename(export.root / "aside")

    export.before = taken_away
    assert export.copy() == Disturbed("what was copied has been taken away meanwhile")
    assert not export.place.exists()
    assert list((export.area / "copies" / UID).iterdir()) == []


def test_a_copy_of_another_source_is_no_copy_of_this_one(export: Export, tree: Path) -> None:
    export.copy()
    export.place.rename(export.area / "copies" / UID / "data-0")
    tree.rename(export.root / "another")
    tree.mkdir()
    (tree / "file").write_text("other")
    assert export.copy() == Finished(1)
    assert [path.name for path in export.place.iterdir()] == ["file"]


def test_what_an_earlier_life_could_not_have_is_told_by_a_later_one(export: Export) -> None:
    os.mkfifo(export.source / "fifo")
    export.calls = without("set_owner_of")
    told = export.copy()
    assert isinstance(told, Finished)
    assert export.copy() == Finished(0, told.shortfalls)
    assert len(told.shortfalls) == 1


def test_a_source_that_is_not_there_is_told(export: Export) -> None:
    export.source.rmdir()
    assert export.copy() == Blocked("there is no directory 'source' to copy from")


def test_a_full_export_is_told_and_the_beginning_of_the_copy_does_not_stay(export: Export, tree: Path) -> None:
    def full(name: str) -> None:
        if name == "create_file":
            raise OSError(28, os.strerror(28))

    export.before = full
    with pytest.raises(OSError, match="No space left"):
        export.copy()
    assert list((export.area / "copies" / UID).iterdir()) == []
    assert not export.place.exists()
    export.before = lambda _name: None
    assert isinstance(export.copy(), Finished)


def test_a_copy_outlives_a_crash_of_the_server_before_it_is_called_complete(export: Export, tree: Path) -> None:
    changes: list[str] = []
    export.before = changes.append
    export.place.parent.mkdir()
    assert isinstance(export.copy(), Finished)
    at = changes.index("sync_all")
    assert {"create_file", "set_mode", "set_times"} <= set(changes[:at])
    assert changes[at + 1 :] == ["create_file", "move", "move_directory"], "it is called complete, and moved"


def test_a_copy_that_the_disk_does_not_take_is_not_complete(export: Export, tree: Path) -> None:
    export.calls = without("sync_all")
    with pytest.raises(OSError, match="not supported"):
        export.copy()
    assert list((export.area / "copies" / UID).iterdir()) == []
    assert not export.place.exists()


def test_what_a_file_system_answers_to_being_synced_is_told(export: Export) -> None:
    folder = os.open(export.source, os.O_PATH)
    with pytest.raises(OSError, match="Bad file descriptor"):
        CopyCalls().sync_all(folder)
    os.close(folder)


def test_a_copy_that_nobody_asks_for_any_more_ends_and_does_not_stay(export: Export, tree: Path) -> None:
    export.wanted = lambda: False
    assert isinstance(export.copy(), Disturbed)
    assert list((export.area / "copies" / UID).iterdir()) == []
    assert not export.place.exists()


def test_an_interrupted_copy_is_begun_anew(export: Export, tree: Path) -> None:
    before = described(tree)
    steps = iter([False] * 7 + [True])
    with pytest.raises(Interrupted):
        export.copy(lambda: Progress(interrupted=lambda: next(steps)))
    assert isinstance(export.copy(), Finished)
    assert described(export.place) == before


def changes_of_a_copy() -> int:
    """More than the changes that copying `tree` takes: see the test of that."""
    return 75


class Countdown:
    """Lets so many changes happen; then the process is dead."""

    def __init__(self, changes: int) -> None:
        self.left = changes

    def __call__(self, _name: str) -> None:
        if self.left == 0:
            raise Died
        self.left -= 1


def test_fewer_changes_are_needed_than_deaths_are_tried(export: Export, tree: Path) -> None:
    countdown = Countdown(changes_of_a_copy())
    export.before = countdown
    assert isinstance(export.copy(), Finished)
    assert 0 < countdown.left < 10


@pytest.mark.parametrize("changes", range(changes_of_a_copy()))
def test_dying_before_any_change_and_starting_again_leads_to_the_same_end(
    export: Export, tree: Path, changes: int
) -> None:
    before = described(tree)
    export.before = Countdown(changes)
    try:
        export.copy()
    except Died:
        assert not export.place.exists() or described(export.place) == before
    export.before = lambda _name: None
    assert isinstance(export.copy(), Finished)
    assert described(export.place) == before == described(tree)
    left = [path.name for path in (export.area / "copies" / UID).iterdir()]
    assert left == [complete(export)], "the rest is doomed, or the copy"


def test_what_is_left_of_copies_goes_a_day_after_the_last_work_on_it(export: Export, tree: Path) -> None:
    copies = export.area / "copies"
    for name, hours in (("long ago", 25), ("lately", 1)):
        (copies / name).mkdir(parents=True)
        os.utime(copies / name, (copies.stat().st_mtime - hours * 3600,) * 2)
    export.area.chmod(0o700)
    export.copy()
    assert sorted(path.name for path in copies.iterdir()) == sorted([UID, "lately"])
    assert (export.area / "doomed" / "long ago").is_dir()


def test_every_call_that_changes_something_can_be_the_last() -> None:
    between = Between(CopyCalls(), Countdown(0))
    with pytest.raises(Died):
        between.set_mode(0, 0)
