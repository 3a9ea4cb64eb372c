"""Limits on a real btrfs, on a loop device of this machine: each claim a subvolume, from its making to its end."""

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import NoReturn

import pytest

from controller.export.archives import list_archives, restore
from controller.export.export import MountedExport
from controller.export.limits.limits import Limits
from controller.export.limits.looking import objections_to_limits
from controller.export.limits.subvolumes import ROOT_INODE, SubvolumeTools
from controller.export.limits.tools import ToolFailed
from controller.export.measuring.counted import Counted
from controller.export.measuring.measuring import Measuring, worker_command
from controller.export.measuring.turns import Turns
from controller.export.operations import SystemCalls
from controller.export.outcomes import (
    Blocked,
    Existed,
    Finished,
    Kept,
    Limited,
    Made,
    Measured,
    Moved,
    Outcome,
    Underway,
)
from controller.export.requests import (
    ArchiveAside,
    CopyDirectory,
    KeepHouse,
    Limit,
    LimitDirectory,
    MakeDirectory,
    Measure,
    PutBack,
    RemoveAside,
    Request,
    SetAside,
)
from policy.measuring import Measuring as Settings
from policy.ownership import Ownership
from policy.parameters import QuotaKind
from testbed.debian import FILE_SYSTEMS, obtain_packages
from testbed.progress import Progress
from testbed.waiting import wait_for
from tests.beds import obtained
from tests.controller.export.asking import PLACE, archived
from tests.waiting import WITHIN

MIB = 1 << 20
METADATA = 16384
"""Bytes that a subvolume takes at least, for its tree."""
UID = "volume-uid"
OTHER = ("team-a", "copy")


def limit(mebibytes: int = 10, holder: str = "claim") -> Limit:
    return Limit(QuotaKind.BTRFS, mebibytes * MIB, holder)


@pytest.fixture
def btrfs(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A btrfs without quotas, and its tools on PATH. It counts, and clears away, once a second and not every 30 s."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    packages = obtained(request, lambda: obtain_packages(FILE_SYSTEMS, Progress()))
    monkeypatch.setenv("PATH", f"{packages.program('btrfs').parent}:{os.environ['PATH']}")
    monkeypatch.setenv("LD_LIBRARY_PATH", packages.env()["LD_LIBRARY_PATH"])
    image, point = tmp_path / "image", tmp_path / "mounted"
    with image.open("wb") as file:
        file.truncate(256 * MIB)
    subprocess.run([packages.program("mkfs.btrfs"), "-q", image], check=True)
    point.mkdir()
    mounted = subprocess.run(
        ["mount", "-o", "loop,commit=1", image, point], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        # The kernel is the machine's own: nothing that could be fetched would change that. With another kernel, that of
        # the guest, btrfs is tried in any case: tests/on_server.
        pytest.xfail(f"this kernel does not mount it: {mounted.stderr.strip()}")
    yield point
    subprocess.run(["umount", point], check=True)


class Export:
    """An export on a btrfs that counts, as its controller asks it."""

    def __init__(self, root: Path, wish: Ownership) -> None:
        self.root = root
        self.wish = wish
        limits, turns = Limits(SystemCalls(), root), Turns(Settings, longest=0.0)
        measuring = Measuring(worker_command(root), turns)
        self.export = MountedExport(root, SystemCalls(), limits=limits, measuring=measuring)

    def ask(self, request: Request) -> Outcome:
        while isinstance(outcome := self.export.ask(request), Underway):
            threading.Event().wait(0.01)
        return outcome

    def make(self, mebibytes: int = 10) -> Outcome:
        return self.ask(MakeDirectory(PLACE, self.wish, limit(mebibytes)))

    @property
    def place(self) -> Path:
        return self.root.joinpath(*PLACE)

    def counted(self) -> int:
        """What the qgroup says now, in bytes, and not what it said to the export a moment ago."""
        counted = Limits(SystemCalls(), self.root).measured(PLACE)
        assert isinstance(counted, Counted)
        return counted.bytes

    def subvolumes(self) -> list[str]:
        listed = subprocess.run(["btrfs", "subvolume", "list", self.root], capture_output=True, text=True, check=True)
        return sorted(line.rpartition(" path ")[2] for line in listed.stdout.splitlines())


@pytest.fixture
def export(btrfs: Path, wish: Ownership) -> Iterator[Export]:
    subprocess.run(["btrfs", "quota", "enable", btrfs], check=True)
    # It counts what is there first, in the background, and until then nobody believes its figures.
    subprocess.run(["btrfs", "quota", "rescan", "-w", btrfs], capture_output=True, check=True)
    export = Export(btrfs, wish)
    yield export
    export.export.stop()


def btrfs_tool(*arguments: str | Path) -> None:
    subprocess.run(["btrfs", "-q", *arguments], check=True)


def commit(root: Path) -> None:
    """Have all that was written on disk and counted, on this file system alone."""
    btrfs_tool("filesystem", "sync", root)


def written(folder: Path, mebibytes: int, user: int = 0) -> tuple[str, int]:
    """What dd says when it writes so many MiB past the page cache, and how many bytes there are then."""
    command = ["dd", "if=/dev/zero", "of=file", "bs=1M", f"count={mebibytes}", "oflag=direct"]
    # By a name from where it stands: the folders of pytest are nobody else's to walk through.
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, user=user, group=user, check=False)
    size = (folder / "file").stat().st_size
    (folder / "file").unlink()
    os.sync()
    return ended.stderr, size


@pytest.mark.parametrize("user", [0, 4321], ids=["root", "somebody"])
def test_nobody_writes_more_than_the_limit(export: Export, user: int) -> None:
    assert isinstance(export.make(), Made)
    export.place.chmod(0o777)

    told, size = written(export.place, 20, user)

    assert "Disk quota exceeded" in told
    assert 8 * MIB < size <= 10 * MIB


def test_a_directory_is_made_as_it_was_asked_for_and_found_again(export: Export) -> None:
    made = export.make()

    assert isinstance(made, Made)
    assert (made.state, made.shortfalls) == (export.wish, ())
    assert export.place.stat().st_ino == ROOT_INODE
    assert export.make() == Existed(export.wish)
    assert export.subvolumes() == ["/".join(PLACE)]


def test_a_subvolume_that_is_there_is_changed_where_that_is_asked_for_and_not_touched_again(export: Export) -> None:
    export.make()
    export.place.chmod(0o705)
    request = MakeDirectory(PLACE, export.wish, limit(10), change_existing=True)

    changed = export.ask(request)

    assert isinstance(changed, Made)
    assert (changed.state, changed.shortfalls) == (export.wish, ())
    assert changed.before is not None
    assert changed.before.mode & 0o777 == 0o705
    assert export.ask(request) == Existed(export.wish)


def test_a_limit_that_is_raised_lets_more_in(export: Export) -> None:
    export.make()

    assert export.ask(LimitDirectory(PLACE, limit(30))) == Limited()

    assert written(export.place, 20)[1] == 20 * MIB


def test_a_directory_that_is_no_subvolume_is_refused(export: Export) -> None:
    export.place.mkdir(parents=True)

    outcome = export.make()

    assert isinstance(outcome, Blocked)
    assert "no subvolume" in outcome.why


def test_a_btrfs_that_does_not_count_is_refused_with_what_to_do(btrfs: Path, wish: Ownership) -> None:
    export = Export(btrfs, wish)
    outcome = export.make()
    export.export.stop()

    assert isinstance(outcome, Blocked)
    assert f"btrfs without quotas (btrfs quota enable {btrfs})" in outcome.why
    assert set(objections_to_limits(btrfs)) == {QuotaKind.PROJECT, QuotaKind.BTRFS}


def test_a_copy_has_all_and_a_limit_of_its_own(export: Export) -> None:
    export.make()
    (export.place / "deep").mkdir()
    (export.place / "deep" / "one").write_bytes(os.urandom(4 * MIB))
    os.link(export.place / "deep" / "one", export.place / "other")

    copied = export.ask(CopyDirectory(PLACE, OTHER, "copy", export.wish, limit(12, "copy")))

    assert copied == Finished(3)
    copy = export.root.joinpath(*OTHER)
    assert sorted(path.name for path in copy.iterdir()) == ["deep", "other"]
    assert (copy / "other").stat().st_nlink == 2
    assert (copy / "other").read_bytes() == (export.place / "other").read_bytes()
    os.sync()
    told, size = written(copy, 12)
    assert "Disk quota exceeded" in told
    assert size <= 8 * MIB
    assert export.ask(CopyDirectory(PLACE, OTHER, "copy", export.wish, limit(12, "copy"))) == Finished(0)


def test_a_copy_of_more_than_its_limit_is_none(export: Export) -> None:
    (export.root / "plain").mkdir()
    (export.root / "plain" / "large").write_bytes(os.urandom(15 * MIB))

    refused = export.ask(CopyDirectory(("plain",), OTHER, "copy", export.wish, limit(10, "copy")))

    assert isinstance(refused, Blocked)
    assert "this claim takes no more than 10" in refused.why
    assert not export.root.joinpath(*OTHER).exists()


def test_a_copy_is_held_to_its_limit_where_btrfs_has_lost_count(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(_tools: SubvolumeTools, _directory: int) -> NoReturn:
        raise ToolFailed("btrfs qgroup show: WARNING: qgroup data inconsistent, rescan recommended")

    monkeypatch.setattr(SubvolumeTools, "used", lost)
    (export.root / "plain").mkdir()
    (export.root / "plain" / "small").write_bytes(os.urandom(5 * MIB))
    assert export.ask(CopyDirectory(("plain",), OTHER, "copy", export.wish, limit(10, "copy"))) == Finished(1)
    (export.root / "plain" / "large").write_bytes(os.urandom(15 * MIB))

    refused = export.ask(CopyDirectory(("plain",), ("team-a", "next"), "next", export.wish, limit(10, "next")))

    assert isinstance(refused, Blocked)


def test_what_is_compressed_counts_as_it_is_on_disk(export: Export) -> None:
    (export.root / "plain").mkdir()
    btrfs_tool("property", "set", export.root / "plain", "compression", "zstd")
    (export.root / "plain" / "large").write_bytes(bytes(15 * MIB))
    commit(export.root)

    copied = export.ask(CopyDirectory(("plain",), OTHER, "copy", export.wish, limit(10, "copy")))

    assert isinstance(copied, Finished)


def test_what_is_not_its_copy_is_not_taken_for_it(export: Export) -> None:
    """All subvolumes have one inode number."""
    export.make()
    request = CopyDirectory(PLACE, OTHER, "copy", export.wish, limit(12, "copy"))
    export.ask(request)
    export.root.joinpath(*OTHER).rename(export.root / "elsewhere")
    export.ask(MakeDirectory(OTHER, export.wish, limit(12, "another")))

    assert isinstance(export.ask(request), Blocked)


def test_use_is_what_the_qgroup_says_with_the_files_of_a_walk(export: Export) -> None:
    export.make()
    (export.place / "deep").mkdir()
    (export.place / "deep" / "file").write_bytes(os.urandom(3 * MIB))
    (export.place / "hole").touch()
    os.truncate(export.place / "hole", 8 * MIB)
    commit(export.root)

    measured = export.ask(Measure("pvc-1", UID, PLACE))

    assert isinstance(measured, Measured)
    assert measured.bytes == export.counted()
    assert 3 * MIB + METADATA <= measured.bytes < 4 * MIB
    assert measured.files == 2


def test_what_is_written_counts_as_soon_as_btrfs_commits(export: Export) -> None:
    export.make()
    before = export.counted()
    with (export.place / "file").open("wb") as file:
        file.write(os.urandom(3 * MIB))
        file.flush()
        os.fsync(file.fileno())

    wait_for("the qgroup to have counted it", lambda: export.counted() >= before + 3 * MIB, WITHIN)


def test_what_no_limit_counts_is_left_to_the_walk(export: Export) -> None:
    """A directory of a class without quotas; one in a limited claim; the root, though it is a subvolume."""
    export.make()
    (export.place / "inside").mkdir()
    (export.root / "team-a" / "plain").mkdir()
    limits = Limits(SystemCalls(), export.root)

    assert limits.measured(("team-a", "plain")) is None
    assert limits.measured((*PLACE, "inside")) is None
    assert limits.measured(("nowhere",)) is None
    assert limits.measured(()) is None


def test_what_was_set_aside_is_put_back_with_its_limit(export: Export) -> None:
    export.make()
    (export.place / "file").touch()

    assert export.ask(SetAside(PLACE, UID)) == Moved()
    assert not export.place.exists()
    assert export.ask(PutBack(PLACE, UID)) == Moved()

    assert "Disk quota exceeded" in written(export.place, 20)[0]


def test_the_end_of_a_directory_takes_its_subvolume_and_what_counted_for_it(export: Export) -> None:
    export.make()
    (export.place / "deep" / "deeper").mkdir(parents=True)
    (export.place / "deep" / "deeper" / "file").write_text("data")

    export.ask(SetAside(PLACE, UID))
    assert export.ask(RemoveAside(UID)) == Finished(1)

    assert export.subvolumes() == []
    assert list((export.root / ".nfs-steward" / "doomed").iterdir()) == []
    subprocess.run(["btrfs", "subvolume", "sync", export.root], capture_output=True, check=True)
    assert export.ask(KeepHouse()) == Kept()
    shown = subprocess.run(["btrfs", "qgroup", "show", export.root], capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in shown.stdout.splitlines() if line.startswith("0/")] == ["0/5"]


@pytest.mark.parametrize("depth", [(), ("deep",)], ids=["at the top", "deep down"])
def test_a_subvolume_with_others_in_it_stays_whole_until_they_are_gone(export: Export, depth: tuple[str, ...]) -> None:
    export.make()
    other = export.ask(MakeDirectory(OTHER, export.wish, limit(10, "other")))
    assert isinstance(other, Made)
    (export.place / "file").write_text("data")
    (export.root.joinpath(*OTHER) / "file").write_text("other data")
    folder = export.place.joinpath(*depth)
    folder.mkdir(exist_ok=True)
    btrfs_tool("subvolume", "create", folder / "inner")
    btrfs_tool("subvolume", "snapshot", "-r", export.root.joinpath(*OTHER), folder / "snapshot")

    export.ask(SetAside(PLACE, UID))
    outcome = export.ask(RemoveAside(UID))

    assert isinstance(outcome, Finished)
    (told,) = outcome.shortfalls
    assert told.startswith(f"'.nfs-steward/doomed/{UID}/")
    assert "goes only with no other one or snapshot in it" in told
    assert "not empty" in told.lower()
    (doomed,) = (export.root / ".nfs-steward" / "doomed" / UID).iterdir()
    assert (doomed / "file").read_text() == "data"
    assert doomed.joinpath(*depth, "snapshot", "file").read_text() == "other data"

    for inner in ("inner", "snapshot"):
        btrfs_tool("subvolume", "delete", doomed.joinpath(*depth, inner))
    assert export.ask(RemoveAside(UID)) == Finished(1)
    assert export.subvolumes() == ["/".join(OTHER)]
    assert (export.root.joinpath(*OTHER) / "file").read_text() == "other data"


def test_an_archive_is_restored_to_a_claim_of_another_size(export: Export) -> None:
    export.make()
    (export.place / "data").write_bytes(bytes(MIB))
    export.ask(SetAside(PLACE, UID))
    assert export.ask(ArchiveAside(archived(UID))) == Moved()
    (archive,) = list_archives(export.root)
    export.ask(MakeDirectory(OTHER, export.wish, limit(20, "new")))
    limits = Limits(SystemCalls(), export.root)

    restored = restore(
        export.root, archive.name, OTHER, hold=lambda visit, data: limits.hold_restored(visit, data, limit(20, "new"))
    )

    assert restored == Moved()
    back = export.root.joinpath(*OTHER)
    assert (back / "data").stat().st_size == MIB
    told, size = written(back, 30)
    assert "Disk quota exceeded" in told
    assert 17 * MIB < size <= 19 * MIB


def test_an_archive_is_not_put_over_a_subvolume_that_holds_something(export: Export) -> None:
    export.make()
    export.ask(SetAside(PLACE, UID))
    export.ask(ArchiveAside(archived(UID)))
    (archive,) = list_archives(export.root)
    export.ask(MakeDirectory(OTHER, export.wish, limit(20, "new")))
    (export.root.joinpath(*OTHER) / "file").touch()
    limits = Limits(SystemCalls(), export.root)

    outcome = restore(
        export.root, archive.name, OTHER, hold=lambda visit, data: limits.hold_restored(visit, data, limit(20, "new"))
    )

    assert isinstance(outcome, Blocked)
    assert "there is something at 'copy'" in outcome.why


def test_restored_to_a_claim_without_a_limit_the_data_has_none(export: Export) -> None:
    export.make()
    export.ask(SetAside(PLACE, UID))
    export.ask(ArchiveAside(archived(UID)))
    (archive,) = list_archives(export.root)
    limits = Limits(SystemCalls(), export.root)

    restore(export.root, archive.name, PLACE, hold=lambda visit, data: limits.hold_restored(visit, data, None))

    assert written(export.place, 20)[1] == 20 * MIB


def test_a_link_that_is_planted_meanwhile_leads_no_tool_astray(export: Export) -> None:
    export.make()
    other = export.root / "other"
    subprocess.run(["btrfs", "-q", "subvolume", "create", other], check=True)
    held = os.open(export.place, os.O_PATH | os.O_DIRECTORY)
    export.place.rename(export.root / "moved")
    export.place.symlink_to(other)
    try:
        SubvolumeTools().set_limit(held, 5 * MIB)
    finally:
        os.close(held)

    assert written(export.root / "moved", 8)[1] < 5 * MIB
    assert written(other, 8)[1] == 8 * MIB


def test_dying_at_any_step_of_the_making_leads_to_the_same_subvolume(
    export: Export, mortal_calls: Callable[[int], SystemCalls], death: type[BaseException]
) -> None:
    for lives in count():
        place = ("team-a", f"data-{lives}")
        request = MakeDirectory(place, export.wish, limit(10, f"claim-{lives}"))
        try:
            Limits(mortal_calls(lives), export.root).make(request)
            died = False
        except death:
            died = True
        assert isinstance(Limits(SystemCalls(), export.root).make(request), Made | Existed)
        assert list((export.root / ".nfs-steward" / "copies").glob("*/*")) == []
        assert "/".join(place) in export.subvolumes()
        if not died:
            break
    assert len(export.subvolumes()) == lives + 1
