"""Whatever tenants have put into a volume, or put in the way: nothing outside of the volume's own directory changes."""

import os
import resource
import socket
import subprocess
import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.export.operations import SystemCalls
from controller.export.outcomes import Blocked, Disturbed, Finished, Missing, Moved, Outcome, Unavailable
from controller.export.requests import ArchiveAside, PutBack, RemoveAside, Request, SetAside
from tests.controller.export.asking import NOW, PLACE, UID, archived, in_this_thread
from tests.controller.export.planting import Planted, plant_all, planted_things
from tests.trees import Tree, whole_tree

pytestmark = pytest.mark.usefixtures("no_more_file_descriptors_than_before")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting, and becoming another user, needs root")

CALLS = SystemCalls()
SET_ASIDE, PUT_BACK, REMOVE = SetAside(PLACE, UID), PutBack(PLACE, UID), RemoveAside(UID)
ARCHIVE = ArchiveAside(archived())

flows = pytest.mark.parametrize(
    "flow",
    [
        pytest.param((SET_ASIDE, REMOVE), id="removed"),
        pytest.param((SET_ASIDE, ARCHIVE), id="archived"),
        pytest.param((SET_ASIDE, PUT_BACK), id="put back"),
    ],
)


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A tree outside of the export, and another volume's inside, which links lead to."""
    outside = tmp_path / "outside"
    (outside / "folder").mkdir(parents=True)
    (outside / "file").write_text("precious")
    (outside / "folder" / "file").write_text("precious too")
    return outside


def untouched(top: Path) -> Tree:
    """All of a tree but the volume and our own area."""
    return whole_tree(top, but=(os.fsencode(Path("export", *PLACE)), b"export/.nfs-steward"))


def plant_everything(folder: Path, victim: Path) -> None:
    """Put everything into a directory that could lead a careless program astray."""
    within = os.fsencode(folder)
    for name in (
        b"n" * 255,
        b"\xff\xfe not UTF-8",
        b"two\nlines",
        b"-rf",
        b"*",
        b" ",
        b"\xc3\xbc",
        b"archive.json",
        b"data",
    ):
        (Path(os.fsdecode(within)) / os.fsdecode(name)).write_text("theirs")
        (Path(os.fsdecode(within)) / os.fsdecode(name[:200] + b"-d")).mkdir()
    (folder / "to a folder").symlink_to(victim / "folder")
    (folder / "to a file").symlink_to(victim / "file")
    (folder / "to nowhere").symlink_to("nowhere")
    (folder / "to itself").symlink_to("to itself")
    (folder / "up").symlink_to("../..")
    (folder / "hard").hardlink_to(victim / "file")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listener, suppress(OSError):
        listener.bind(str(folder / "s"))
    (folder / "closed" / "deeper").mkdir(parents=True)
    (folder / "closed" / "deeper" / "file").write_text("theirs")
    (folder / "closed" / "out").symlink_to(victim)
    (folder / "closed").chmod(0o000)


@flows
def test_nothing_that_lies_in_a_volume_leads_outside(
    volume: Path, victim: Path, tmp_path: Path, flow: Sequence[Request]
) -> None:
    plant_everything(volume, victim)
    plant_everything(volume / "deeper", victim)
    before, own = untouched(tmp_path), whole_tree(volume)

    outcomes = [in_this_thread(CALLS, tmp_path / "export", request) for request in flow]

    assert untouched(tmp_path) == before
    match flow[1]:
        case RemoveAside():
            assert outcomes[1] == Finished(len(own))
            assert list((tmp_path / "export/.nfs-steward/doomed").iterdir()) == []
        case ArchiveAside():
            (archive,) = (tmp_path / "export/.nfs-steward/archives").iterdir()
            assert whole_tree(archive / "data") == own
        case _:
            assert whole_tree(volume) == own


@flows
@pytest.mark.parametrize(
    "trap",
    [
        pytest.param("team-a", id="the directory above is a link"),
        pytest.param("team-a/data", id="the volume's directory is a link"),
        pytest.param(".nfs-steward", id="our area is a link"),
        pytest.param(".nfs-steward/aside", id="a folder of our area is a link"),
    ],
)
def test_a_link_in_the_way_is_not_followed(
    volume: Path, victim: Path, tmp_path: Path, flow: Sequence[Request], trap: str
) -> None:
    export = tmp_path / "export"
    (export / ".nfs-steward").mkdir(mode=0o700)
    if (export / trap).exists():
        (export / trap).rename(tmp_path / "moved away")
    (export / trap).symlink_to(victim)
    (victim / "data").mkdir()
    (victim / "data" / "file").write_text("precious")
    before = whole_tree(tmp_path)

    outcomes = [in_this_thread(CALLS, export, request) for request in flow]

    assert isinstance(outcomes[0], Blocked)
    assert all(isinstance(each, Blocked | Missing | Moved) for each in outcomes)
    assert {path for path in whole_tree(tmp_path).items() ^ before.items() if b".nfs-steward" not in path[0]} <= {
        (b"export", whole_tree(tmp_path)[b"export"]),
        (b"export", before[b"export"]),
    }


def make_a_file(area: Path) -> None:
    area.touch()


def make_it_open(area: Path) -> None:
    area.mkdir()
    area.chmod(0o750)


def make_it_a_tenants(area: Path) -> None:
    area.mkdir(mode=0o700)
    os.chown(area, 1000, 1000)


@pytest.mark.parametrize(
    ("plant", "why"),
    [
        pytest.param(make_a_file, "no directory", id="a file"),
        pytest.param(make_it_open, "has mode 0750", id="others get in"),
        pytest.param(make_it_a_tenants, "belongs to uid 1000", id="a tenant's", marks=needs_root),
    ],
)
def test_an_area_that_is_not_ours_alone_is_not_used(
    volume: Path, export_root: Path, plant: Callable[[Path], None], why: str
) -> None:
    plant(export_root / ".nfs-steward")
    before = whole_tree(volume)

    outcome = in_this_thread(CALLS, export_root, SET_ASIDE)

    assert isinstance(outcome, Blocked)
    assert ".nfs-steward" in outcome.why
    assert why in outcome.why
    assert whole_tree(volume) == before


@pytest.mark.parametrize(
    "place",
    [
        pytest.param((), id="the export's root"),
        pytest.param(("..",), id="the directory above"),
        pytest.param(("team-a", "..", "data"), id="up and down"),
        pytest.param(("team-a/data",), id="several in one"),
        pytest.param((".nfs-steward",), id="our own area"),
        pytest.param((".NFS-steward", "aside"), id="our own area, where case does not count"),
        pytest.param((".nfs-steward", "archives", "one"), id="an archive"),
    ],
)
def test_what_can_be_no_volumes_place_is_never_moved_nor_a_place_to_move_to(
    volume: Path, export_root: Path, place: tuple[str, ...]
) -> None:
    in_this_thread(CALLS, export_root, SetAside(("team-a", "neighbour"), UID))
    before = whole_tree(export_root)

    assert isinstance(in_this_thread(CALLS, export_root, SetAside(place, "another")), Blocked)
    assert isinstance(in_this_thread(CALLS, export_root, PutBack(place, UID)), Blocked)
    assert whole_tree(export_root) == before


@pytest.mark.parametrize("uid", ["", "..", "a/b", "../../team-a/neighbour", "x" * 300])
def test_a_uid_that_is_no_name_is_refused(volume: Path, export_root: Path, uid: str) -> None:
    before = whole_tree(export_root)
    for request in (SetAside(PLACE, uid), PutBack(PLACE, uid), RemoveAside(uid), ArchiveAside(archived(uid))):
        assert isinstance(in_this_thread(CALLS, export_root, request), Blocked)
    assert whole_tree(export_root) == before


class Swapping(SystemCalls):
    """Real system calls, and somebody who gets in right before the one with the given number that names an entry:
    swaps it for a link to the victim, and leaves what it was beside it.
    """

    def __init__(self, at: int, victim: Path) -> None:
        self.left, self._victim = at, victim
        self.swapped = False

    def _swap(self, parent: int, name: str) -> None:
        self.left -= 1
        with suppress(OSError):
            if self.left == -1 and name not in ("export", ".nfs-steward"):
                os.rename(name, f"{name[:40]}-was", src_dir_fd=parent, dst_dir_fd=parent)
                os.symlink(self._victim, name, dir_fd=parent)
                self.swapped = True

    def open_child(self, parent: int, name: str) -> int:
        self._swap(parent, name)
        return super().open_child(parent, name)

    def open_listable(self, parent: int, name: str) -> int:
        self._swap(parent, name)
        return super().open_listable(parent, name)

    def move(self, parent: int, name: str, new_parent: int, new_name: str) -> None:
        self._swap(parent, name)
        super().move(parent, name, new_parent, new_name)

    def move_directory(self, parent: int, name: str, new_parent: int, new_name: str) -> None:
        self._swap(parent, name)
        super().move_directory(parent, name, new_parent, new_name)

    def remove_file(self, parent: int, name: str) -> None:
        self._swap(parent, name)
        super().remove_file(parent, name)

    def remove_directory(self, parent: int, name: str) -> None:
        self._swap(parent, name)
        super().remove_directory(parent, name)


@flows
def test_an_entry_that_is_swapped_for_a_link_right_before_any_call_leads_nowhere(
    tmp_path: Path, victim: Path, flow: Sequence[Request]
) -> None:
    swaps = 0
    for at in count():
        export = tmp_path / f"export-{at}"
        for folder in (export.joinpath(*PLACE), export / "team-b" / "data"):
            (folder / "deeper").mkdir(parents=True)
            (folder / "file").write_text("data")
            (folder / "deeper" / "file").write_text("data")
        own = tuple(os.fsencode(f"{export.name}/{name}") for name in ("team-a", "team-a-was", ".nfs-steward"))
        before = whole_tree(tmp_path, but=own)
        calls = Swapping(at, victim)
        for request in flow:
            in_this_thread(calls, export, request)
        assert whole_tree(tmp_path, but=own) == before, f"swapped before call {at}"
        swaps += calls.swapped
        if calls.left >= 0:
            break
    assert swaps > 5


@flows
def test_links_that_come_and_go_while_it_is_worked_on_lead_nowhere(
    tmp_path: Path, victim: Path, flow: Sequence[Request]
) -> None:
    export = tmp_path / "export"
    export.mkdir()
    (victim / "data").mkdir()
    (victim / "data" / "file").write_text("precious")
    before = whole_tree(tmp_path, but=(b"export",))
    stop = threading.Event()

    def swap() -> None:
        for number in count():
            if stop.is_set():
                return
            with suppress(OSError):
                (export / "team-a").rename(export / f"was-{number}")
                (export / "team-a").symlink_to(victim)
            with suppress(OSError):
                (export / "team-a").unlink()

    attacker = threading.Thread(target=swap)
    attacker.start()
    outcomes: set[type[Outcome]] = set()
    try:
        for number in range(20_000):
            (export / f"new-{number}" / "data" / "deeper").mkdir(parents=True)
            with suppress(OSError):
                (export / f"new-{number}").rename(export / "team-a")
            moment = NOW + timedelta(seconds=number)  # no second has names for a hundred archives of one volume
            for request in flow:
                outcomes.add(type(in_this_thread(CALLS, export, request, moment)))
            if number > 100 and {Moved, Blocked} <= outcomes:
                break
    finally:
        stop.set()
        attacker.join()

    assert outcomes <= {Moved, Blocked, Missing, Disturbed, Finished}
    assert {Moved, Blocked} <= outcomes, "the attacker never got in between"
    assert whole_tree(tmp_path, but=(b"export",)) == before


def test_somebody_who_still_has_a_directory_open_cannot_lead_a_removal_astray(
    volume: Path, victim: Path, export_root: Path
) -> None:
    before = untouched(export_root.parent)
    for number in range(50):
        (volume / f"d{number}" / "deeper").mkdir(parents=True)
    held = os.open(volume, os.O_RDONLY | os.O_DIRECTORY)
    in_this_thread(CALLS, export_root, SET_ASIDE)

    def mischief() -> None:
        for number in range(2000):
            name, other = f"d{number % 50}", f"d{(number * 7) % 50}"
            with suppress(OSError):
                os.rename(name, f"{other}/deeper/{name}", src_dir_fd=held, dst_dir_fd=held)
            with suppress(OSError):
                os.symlink(victim, name, dir_fd=held)
            with suppress(OSError):
                os.mkdir(f"extra-{number}", dir_fd=held)

    attacker = threading.Thread(target=mischief)
    attacker.start()
    outcome = in_this_thread(CALLS, export_root, REMOVE)
    attacker.join()
    os.close(held)

    assert isinstance(outcome, Finished)
    assert isinstance(in_this_thread(CALLS, export_root, REMOVE), Finished | Missing)
    assert untouched(export_root.parent) == before


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(
    planted=planted_things,
    flow=st.sampled_from([(SET_ASIDE, REMOVE), (SET_ASIDE, ARCHIVE), (SET_ASIDE, PUT_BACK)]),
)
def test_no_tree_that_anybody_can_think_of_leads_outside(
    tmp_path_factory: pytest.TempPathFactory, planted: list[Planted], flow: Sequence[Request]
) -> None:
    top = tmp_path_factory.mktemp("top")
    (top / "outside" / "folder").mkdir(parents=True)
    (top / "outside" / "file").write_text("precious")
    volume = top.joinpath("export", *PLACE)
    volume.mkdir(parents=True)
    (volume.parent / "neighbour").mkdir()
    plant_all(volume, planted, top / "outside")
    before = untouched(top)

    for request in flow:
        in_this_thread(CALLS, top / "export", request)

    assert untouched(top) == before
    if flow[-1] == REMOVE:
        assert list((top / "export/.nfs-steward/doomed").iterdir()) == []


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Mounts as mount(8) is told to, below `tmp_path`; all is unmounted at the end."""

    def do(place: Path, *how: str) -> None:
        done = subprocess.run(["mount", *how, str(place)], check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"mounting does not work here: {done.stderr.strip()}")

    yield do
    # A mount moves along with the directory that it lies in: the kernel knows where it is now.
    for line in reversed(Path("/proc/self/mountinfo").read_text().splitlines()):
        place = line.split()[4]
        if Path(place).is_relative_to(tmp_path):
            subprocess.run(["umount", place], check=True, capture_output=True)


@needs_root
@pytest.mark.parametrize("how", [("--bind",), ("-t", "tmpfs")], ids=["a bind mount", "another file system"])
def test_a_mount_point_in_a_volume_is_not_entered_and_what_surrounds_it_goes(
    volume: Path, victim: Path, export_root: Path, mount: Callable[..., None], how: tuple[str, ...]
) -> None:
    place = volume / "deeper" / "mounted"
    place.mkdir()
    mount(place, *how, str(victim) if "--bind" in how else "tmpfs")
    (place / "kept").write_text("precious")
    before = whole_tree(place)
    in_this_thread(CALLS, export_root, SET_ASIDE)

    outcome = in_this_thread(CALLS, export_root, REMOVE)

    assert isinstance(outcome, Finished)
    assert len(outcome.shortfalls) == 1
    assert "EBUSY" in outcome.shortfalls[0]
    (left,) = [Path(folder) for folder, _, files in os.walk(export_root / ".nfs-steward") if "kept" in files]
    assert whole_tree(left) == before
    assert sorted(each.name for each in left.parent.iterdir()) == ["mounted"]


@needs_root
@pytest.mark.parametrize("place", ["team-a/data", "team-a"], ids=["the volume itself", "the directory above"])
@pytest.mark.parametrize("how", [("--bind",), ("-t", "tmpfs")], ids=["a bind mount", "another file system"])
def test_a_volume_across_a_mount_point_is_not_moved(
    volume: Path, victim: Path, export_root: Path, mount: Callable[..., None], how: tuple[str, ...], place: str
) -> None:
    mount(export_root / place, *how, str(victim) if "--bind" in how else "tmpfs")
    volume.mkdir(exist_ok=True)
    (volume / "kept").write_text("precious")
    before = whole_tree(volume)

    outcome = in_this_thread(CALLS, export_root, SET_ASIDE)

    assert isinstance(outcome, Blocked)
    assert "mount point" in outcome.why or "another file system" in outcome.why
    assert whole_tree(volume) == before


def test_a_deep_tree_costs_neither_recursion_nor_file_descriptors(export_root: Path, volume: Path) -> None:
    here = os.open(volume, os.O_RDONLY)
    for _ in range(1000):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    in_this_thread(CALLS, export_root, SET_ASIDE)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 24, hard))  # noqa: PTH208
    try:
        outcome = in_this_thread(CALLS, export_root, REMOVE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert outcome == Finished(1005)


@pytest.mark.parametrize("kind", ["files", "directories that are not empty"])
def test_a_wide_tree_costs_no_memory_to_speak_of(export_root: Path, volume: Path, kind: str) -> None:
    for number in range(2_000):
        if kind == "files":
            (volume / f"{number:0200}").touch()
        elif number % 5 == 0:
            (volume / f"{number:0200}" / "deeper").mkdir(parents=True)
    in_this_thread(CALLS, export_root, SET_ASIDE)
    tracemalloc.start()
    try:
        outcome = in_this_thread(CALLS, export_root, REMOVE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert isinstance(outcome, Finished)
    assert not outcome.shortfalls
    assert peak < 200_000


@pytest.fixture
def as_nobody() -> Iterator[Callable[[Any], Any]]:
    """Has something done as a user without privileges, as on an export with root_squash."""

    def do(what: Callable[[], Any]) -> Any:
        os.seteuid(65534)
        try:
            return what()
        finally:
            os.seteuid(0)

    yield do
    os.seteuid(0)


@pytest.fixture
def squashed() -> Iterator[Path]:
    """An export whose root belongs to the user that we are taken for."""
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, 65534, 65534)
        yield Path(folder)


@needs_root
def test_what_refuses_to_go_stays_and_is_named_and_the_rest_goes(
    squashed: Path, as_nobody: Callable[[Any], Any]
) -> None:
    volume = squashed.joinpath(*PLACE)
    (volume / "ours").mkdir(parents=True)
    for number in range(5):
        (volume / "theirs" / f"file-{number}").parent.mkdir(exist_ok=True)
        (volume / "theirs" / f"file-{number}").touch()
    for path in (volume.parent, volume, volume / "ours"):
        os.chown(path, 65534, 65534)
    (volume / "ours" / "file").touch()

    as_nobody(lambda: in_this_thread(CALLS, squashed, SET_ASIDE))
    outcome = as_nobody(lambda: in_this_thread(CALLS, squashed, REMOVE))

    assert isinstance(outcome, Finished)
    assert outcome.entries == 2
    assert len(outcome.shortfalls) == 1
    assert f".nfs-steward/doomed/{UID}/" in outcome.shortfalls[0]
    assert "/theirs' stays (EACCES: Permission denied)" in outcome.shortfalls[0]
    left = [name for _, _, files in os.walk(squashed / ".nfs-steward") for name in files]
    assert sorted(left) == [f"file-{number}" for number in range(5)]


@needs_root
@pytest.mark.parametrize("mode", [0o000, 0o555, 0o111])
def test_directories_that_are_closed_to_their_own_owner_go_too(
    squashed: Path, as_nobody: Callable[[Any], Any], mode: int
) -> None:
    def make_and_remove() -> Outcome:
        volume = squashed.joinpath(*PLACE)
        (volume / "module" / "cache").mkdir(parents=True)
        (volume / "module" / "cache" / "file").touch()
        (volume / "module" / "empty").mkdir(mode=mode)
        for closed in ("module/cache", "module"):
            (volume / closed).chmod(mode)
        in_this_thread(CALLS, squashed, SET_ASIDE)
        return in_this_thread(CALLS, squashed, REMOVE)

    assert as_nobody(make_and_remove) == Finished(5)


@needs_root
def test_on_an_export_that_takes_us_for_another_user_what_we_make_is_still_ours(
    squashed: Path, as_nobody: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = squashed.joinpath(*PLACE)
    as_nobody(lambda: volume.mkdir(parents=True))
    monkeypatch.setattr(os, "geteuid", lambda: 4321)  # what we are here; the export takes us for 65534

    assert as_nobody(lambda: in_this_thread(CALLS, squashed, SET_ASIDE)) == Moved()
    assert as_nobody(lambda: in_this_thread(CALLS, squashed, PUT_BACK)) == Moved()
    assert sorted(os.listdir(squashed / ".nfs-steward")) == ["aside"]  # noqa: PTH208


def test_an_export_that_is_full_or_gone_says_so(tmp_path: Path) -> None:
    outcome = in_this_thread(CALLS, tmp_path / "missing", SET_ASIDE)
    assert outcome == Unavailable("unreachable", "ENOENT: No such file or directory")
