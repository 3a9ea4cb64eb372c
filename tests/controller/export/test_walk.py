import os
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.export.operations import SystemCalls
from controller.export.outcomes import Blocked, Existed, Made, Unavailable
from controller.export.walk import make_directory
from policy.ownership import Ownership
from tests.trees import changed, whole_tree

pytestmark = pytest.mark.usefixtures("no_more_file_descriptors_than_before")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="giving directories away needs root")

CALLS = SystemCalls()


class Remembering(SystemCalls):
    """An NFS client: what it has seen under a name stays there for it until it asks the server."""

    def __init__(self, seen: Path) -> None:
        self._held = os.open(seen, os.O_PATH)
        self._name: str | None = seen.name

    def open_child(self, parent: int, name: str) -> int:
        return os.dup(self._held) if name == self._name else super().open_child(parent, name)

    def open_listable(self, parent: int, name: str) -> int:
        self._name = None
        return super().open_listable(parent, name)

    def make_child(self, parent: int, name: str, mode: int) -> None:
        self._name = None
        super().make_child(parent, name, mode)

    def end(self) -> None:
        os.close(self._held)


def test_a_directory_is_made_with_the_mode_and_owner_asked_for(export_root: Path, wish: Ownership) -> None:
    outcome = make_directory(CALLS, export_root, ("team-a", "data"), wish)

    assert outcome == Made(Ownership(0o2770, wish.uid, wish.gid))
    assert stat.S_IMODE((export_root / "team-a" / "data").stat().st_mode) == 0o2770


def test_everybody_may_walk_through_what_is_made_on_the_way(export_root: Path, wish: Ownership) -> None:
    """Or nobody could mount what lies below, by NFSv4 from an export with `root_squash`."""
    make_directory(CALLS, export_root, ("a", "b", "data"), wish)

    found = [stat.S_IMODE((export_root / made).stat().st_mode) for made in ("a", "a/b", "a/b/data")]
    assert found == [0o2771, 0o2771, 0o2770]


def test_a_directory_that_somebody_else_has_removed_is_made_again_whatever_the_client_remembers(
    export_root: Path, wish: Ownership
) -> None:
    make_directory(CALLS, export_root, ("data",), wish)
    client = Remembering(export_root / "data")
    (export_root / "data").rmdir()

    outcome = make_directory(client, export_root, ("data", "deep"), wish)

    client.end()
    assert isinstance(outcome, Made)
    assert (export_root / "data" / "deep").is_dir()


@needs_root
def test_a_directory_is_given_to_the_owner_asked_for(export_root: Path) -> None:
    outcome = make_directory(CALLS, export_root, ("data",), Ownership(mode=0o750, uid=4321, gid=8765))

    state = (export_root / "data").stat()
    assert outcome == Made(Ownership(0o750, 4321, 8765))
    assert (stat.S_IMODE(state.st_mode), state.st_uid, state.st_gid) == (0o750, 4321, 8765)


def test_the_mode_does_not_depend_on_the_process_umask(export_root: Path, wish: Ownership) -> None:
    before = os.umask(0o077)
    try:
        make_directory(CALLS, export_root, ("data",), wish)
    finally:
        os.umask(before)

    assert stat.S_IMODE((export_root / "data").stat().st_mode) == 0o2770


def test_an_existing_directory_is_left_as_it_is(export_root: Path, wish: Ownership) -> None:
    (export_root / "data").mkdir(mode=0o705)
    before = whole_tree(export_root)

    assert isinstance(make_directory(CALLS, export_root, ("data",), wish), Existed)
    assert whole_tree(export_root) == before


@needs_root
def test_an_existing_directory_is_changed_where_that_is_asked_for_but_nothing_around_or_in_it(
    export_root: Path,
) -> None:
    wish = Ownership(mode=0o2770, uid=4321, gid=8765)
    for name, mode in (("team-a", 0o705), ("team-a/data", 0o704), ("team-a/data/theirs", 0o703)):
        (export_root / name).mkdir()
        (export_root / name).chmod(mode)
    (export_root / "team-a" / "data" / "file").write_text("theirs")
    before = whole_tree(export_root)

    outcome = make_directory(CALLS, export_root, ("team-a", "data"), wish, change_existing=True)

    assert outcome == Made(wish, before=Ownership(0o704, 0, 0))
    state = (export_root / "team-a" / "data").stat()
    assert (stat.S_IMODE(state.st_mode), state.st_uid, state.st_gid) == (0o2770, 4321, 8765)
    assert changed(before, whole_tree(export_root)) == {b"team-a/data"}


def test_a_directory_that_is_as_asked_for_is_not_touched_again(export_root: Path, wish: Ownership) -> None:
    (export_root / "data").mkdir()
    assert make_directory(CALLS, export_root, ("data",), wish, change_existing=True) != Existed(wish)
    changed_at = (export_root / "data").stat().st_ctime_ns

    assert make_directory(CALLS, export_root, ("data",), wish, change_existing=True) == Existed(wish)
    assert (export_root / "data").stat().st_ctime_ns == changed_at


@needs_root
def test_what_the_server_does_not_let_us_change_is_told_each_time(everybodys_root: Path) -> None:
    (everybodys_root / "data").mkdir(mode=0o700)
    kept = Ownership(0o700, 0, 0)
    os.seteuid(65534)
    try:
        outcomes = [
            make_directory(CALLS, everybodys_root, ("data",), Ownership(0o2770, 4321, 8765), change_existing=True)
            for _ in range(2)
        ]
    finally:
        os.seteuid(0)

    for outcome in outcomes:
        assert isinstance(outcome, Made)
        assert (outcome.state, outcome.before) == (kept, kept)
        assert "does not let us look into it (EACCES" in outcome.shortfalls[0]


def test_a_link_is_not_followed_to_what_is_to_be_changed(
    export_root: Path, wish: Ownership, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    before = outside.stat().st_mode
    (export_root / "data").symlink_to(outside)

    assert isinstance(make_directory(CALLS, export_root, ("data",), wish, change_existing=True), Blocked)
    assert outside.stat().st_mode == before


def test_an_existing_parent_is_left_as_it_is(export_root: Path, wish: Ownership) -> None:
    (export_root / "team-a").mkdir(mode=0o705)

    assert isinstance(make_directory(CALLS, export_root, ("team-a", "data"), wish), Made)
    assert stat.S_IMODE((export_root / "team-a").stat().st_mode) == 0o705


def test_making_it_twice_finds_it_the_second_time(export_root: Path, wish: Ownership) -> None:
    make_directory(CALLS, export_root, ("data",), wish)
    before = whole_tree(export_root)

    assert make_directory(CALLS, export_root, ("data",), wish) == Existed(Ownership(0o2770, wish.uid, wish.gid))
    assert whole_tree(export_root) == before


@needs_root
def test_dying_between_any_two_changes_ends_in_the_same_tree(
    tmp_path: Path, mortal_calls: Callable[[int], SystemCalls], death: type[BaseException]
) -> None:
    wish = Ownership(mode=0o2770, uid=4321, gid=8765)
    deaths = 0
    for lives in count():
        root = tmp_path / str(lives)
        root.mkdir()
        try:
            make_directory(mortal_calls(lives), root, ("a", "b"), wish)
        except death:
            deaths += 1
            assert isinstance(make_directory(CALLS, root, ("a", "b"), wish), Made)
        for made, mode in {"a": 0o2771, "a/b": 0o2770}.items():
            state = (root / made).stat()
            assert (stat.S_IMODE(state.st_mode), state.st_uid, state.st_gid) == (mode, 4321, 8765)
        if deaths <= lives:
            break
    assert deaths == 7  # mkdir, group, owner, mode; then all but the group, which set-group-ID hands down


def test_an_unfinished_directory_that_somebody_writes_in_is_left_to_them(export_root: Path, wish: Ownership) -> None:
    (export_root / "data").mkdir()
    (export_root / "data").chmod(0o1700)
    (export_root / "data" / "file").write_text("theirs")
    before = whole_tree(export_root)

    assert isinstance(make_directory(CALLS, export_root, ("data",), wish), Existed)
    assert whole_tree(export_root) == before


@needs_root
def test_what_root_squash_forbids_is_told_and_the_rest_is_done(everybodys_root: Path) -> None:
    os.seteuid(65534)
    try:
        outcome = make_directory(CALLS, everybodys_root, ("data",), Ownership(mode=0o750, uid=4321, gid=8765))
    finally:
        os.seteuid(0)

    assert isinstance(outcome, Made)
    assert [each.split(" was")[0] for each in outcome.shortfalls] == ["'data': group 8765", "'data': owner 4321"]
    assert all("EPERM" in each for each in outcome.shortfalls)
    assert outcome.state.mode == 0o750


@needs_root
def test_a_mode_that_the_system_changes_in_silence_is_told(everybodys_root: Path) -> None:
    os.chown(everybodys_root, 0, 8765)
    everybodys_root.chmod(0o2777)  # what is made below gets group 8765, which the maker is not in
    os.seteuid(65534)
    try:
        outcome = make_directory(CALLS, everybodys_root, ("data",), Ownership(mode=0o2770, uid=65534, gid=8765))
    finally:
        os.seteuid(0)

    assert isinstance(outcome, Made)
    assert outcome.state.mode == 0o770
    assert "mode 0770" in outcome.shortfalls[0]


@pytest.mark.parametrize(
    ("plant", "segments"),
    [
        pytest.param("link to a directory outside", ("trap",), id="the directory is a link"),
        pytest.param("link to a directory outside", ("trap", "data"), id="a component is a link"),
        pytest.param("link to nowhere", ("trap",), id="the directory is a dangling link"),
        pytest.param("link to nowhere", ("trap", "data"), id="a component is a dangling link"),
        pytest.param("link to a directory inside", ("trap", "data"), id="a component is a link within the export"),
        pytest.param("file", ("trap",), id="the directory is a file"),
        pytest.param("file", ("trap", "data"), id="a component is a file"),
        pytest.param("pipe", ("trap",), id="the directory is a pipe that nobody reads"),
    ],
)
def test_whatever_is_in_the_way_blocks_and_stays(
    export_root: Path, tmp_path: Path, wish: Ownership, plant: str, segments: tuple[str, ...]
) -> None:
    (tmp_path / "outside").mkdir(mode=0o700)
    (export_root / "inside").mkdir(mode=0o700)
    trap = export_root / "trap"
    match plant:
        case "link to a directory outside":
            trap.symlink_to(tmp_path / "outside")
        case "link to a directory inside":
            trap.symlink_to("inside")
        case "link to nowhere":
            trap.symlink_to(tmp_path / "outside" / "new")
        case "file":
            trap.write_text("theirs")
        case "pipe":
            os.mkfifo(trap)
    before = whole_tree(tmp_path)

    outcome = make_directory(CALLS, export_root, segments, wish)

    assert isinstance(outcome, Blocked)
    assert "'trap'" in outcome.why
    assert whole_tree(tmp_path) == before


@pytest.mark.parametrize(
    "segments",
    [
        pytest.param((), id="the export's root"),
        pytest.param(("..",), id="the directory above"),
        pytest.param(("a", "..", "..", "b"), id="up and out"),
        pytest.param((".",), id="the directory itself"),
        pytest.param(("",), id="empty"),
        pytest.param(("/etc",), id="absolute"),
        pytest.param(("a/../../b",), id="several in one"),
        pytest.param(("a\0b",), id="NUL"),
        pytest.param(("a\\b",), id="backslash"),
        pytest.param(("a\nb",), id="line feed"),
        pytest.param(("x" * 256,), id="longer than a name may be"),
        pytest.param(("ü" * 128,), id="longer than a name may be, in bytes"),
    ],
)
def test_a_path_that_is_no_path_below_the_root_is_blocked(
    export_root: Path, tmp_path: Path, wish: Ownership, segments: tuple[str, ...]
) -> None:
    before = whole_tree(tmp_path)

    assert isinstance(make_directory(CALLS, export_root, segments, wish), Blocked)
    assert whole_tree(tmp_path) == before


hostile = st.one_of(
    st.sampled_from(
        ["..", ".", "", "/", "a", "b", "link", "file", "../x", "/etc", "~", "-rf", "$(id)", "a\0", "\udc80"]
    ),
    st.text(max_size=6),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(segments=st.lists(hostile, max_size=5).map(tuple))
def test_no_name_ever_leads_outside_the_root(
    tmp_path_factory: pytest.TempPathFactory, wish: Ownership, segments: tuple[str, ...]
) -> None:
    top = tmp_path_factory.mktemp("top")
    root = top / "above" / "export"
    root.mkdir(parents=True)
    (top / "above" / "b").mkdir()
    (top / "victim").mkdir(mode=0o700)
    (root / "link").symlink_to(top / "victim")
    (root / "file").write_text("theirs")
    before = whole_tree(top)

    outcome = make_directory(CALLS, root, segments, wish)

    after = whole_tree(top)
    assert changed(before, after) == set()
    assert all(path.startswith(b"above/export/") for path in after.keys() - before.keys())
    if isinstance(outcome, Made | Existed):
        assert root.joinpath(*segments).is_dir()


def test_a_component_swapped_for_a_link_meanwhile_never_leads_outside(
    export_root: Path, tmp_path: Path, wish: Ownership
) -> None:
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o700)
    before = whole_tree(tmp_path, but=(b"export",))
    (export_root / "aside").mkdir()
    stop = threading.Event()

    def swap() -> None:
        for number in count():
            if stop.is_set():
                return
            with suppress(OSError):  # the walk got in between
                (export_root / "a").rename(export_root / "aside" / str(number))
                (export_root / "a").symlink_to(victim)
            with suppress(OSError):
                (export_root / "a").unlink()

    attacker = threading.Thread(target=swap)
    attacker.start()
    try:
        outcomes = set()
        for number in range(100_000):
            outcomes.add(type(make_directory(CALLS, export_root, ("a", f"data-{number}"), wish)))
            if number > 2000 and {Made, Blocked} <= outcomes:
                break
    finally:
        stop.set()
        attacker.join()

    assert whole_tree(tmp_path, but=(b"export",)) == before
    assert {Made, Blocked} <= outcomes, "the attacker never got in between"


def test_another_directory_moved_in_place_of_the_one_just_made_keeps_its_mode(
    export_root: Path, wish: Ownership
) -> None:
    (export_root / "foreign").mkdir(mode=0o705)

    class Swapping(SystemCalls):
        def make_child(self, parent: int, name: str, mode: int) -> None:
            super().make_child(parent, name, mode)
            (export_root / name).rmdir()
            (export_root / "foreign").rename(export_root / name)

    outcome = make_directory(Swapping(), export_root, ("data",), wish)

    assert stat.S_IMODE((export_root / "data").stat().st_mode) == 0o705
    assert isinstance(outcome, Made)
    assert "mode 0705" in outcome.shortfalls[0]


def test_several_walks_that_need_the_same_parent_all_succeed(export_root: Path, wish: Ownership) -> None:
    outcomes: list[object] = []
    start = threading.Barrier(8)

    def make(name: str) -> None:
        start.wait()
        outcomes.append(make_directory(CALLS, export_root, ("a", "b", name), wish))

    threads = [threading.Thread(target=make, args=(f"data-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == [Made(Ownership(0o2770, wish.uid, wish.gid))] * 8
    for shared in ("a", "a/b"):
        assert stat.S_IMODE((export_root / shared).stat().st_mode) == 0o2771


def test_a_root_that_is_not_there_makes_the_export_unreachable(tmp_path: Path, wish: Ownership) -> None:
    outcome = make_directory(CALLS, tmp_path / "missing", ("data",), wish)

    assert outcome == Unavailable("unreachable", "ENOENT: No such file or directory")
