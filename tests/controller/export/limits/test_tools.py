"""How the file systems' tools are called, and what they say is read."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from controller.export.limits.projects import ProjectTools, Usage, parse_report
from controller.export.limits.subvolumes import SubvolumeTools, parse_used
from controller.export.limits.tools import ToolFailed, held, run_tool
from tests.controller.export.limits.remembered import XFS

REPORT = """\
#0                  14          0          0     00 [--------]          3          0          0     00 [--------]
#1234567          5121          0       1024     00 [--none--]          2          0          0     00 [--------]
#2345678      10485760          0   10485760     00 [6 days]           77          0          0     00 [--------]

"""


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put a tool of this name on PATH that notes its arguments and where the last of them leads; returns the notes."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def tool(name: str, says: str = "", complains: str = "", status: int = 0) -> Path:
        notes = tmp_path / f"{name}.notes"
        (folder / name).write_text(
            f"#!/bin/sh\nprintf '%s\\n' \"$@\" >> {notes}\n"
            f'eval last=\\${{$#}}; [ -d "$last" ] && (cd "$last" && pwd -P) >> {notes}\n'
            f"printf '%s' '{says}'; printf '%s' '{complains}' >&2; exit {status}\n"
        )
        (folder / name).chmod(0o755)
        return notes

    return tool


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "claim").mkdir()
    opened = os.open(tmp_path / "claim", os.O_PATH | os.O_DIRECTORY)
    yield opened
    os.close(opened)


def noted(notes: Path, directory: int | None = None) -> list[str]:
    lines = notes.read_text().splitlines()
    return [line.replace(held(directory), "HELD") for line in lines] if directory is not None else lines


def test_a_project_is_given_to_the_directory_that_is_held(
    tool: Callable[..., Path], directory: int, tmp_path: Path
) -> None:
    notes = tool("xfs_io")
    (tmp_path / "claim").rename(tmp_path / "moved")
    (tmp_path / "claim").symlink_to("/etc")

    ProjectTools().give(directory, 1_234_567)

    moved = str(tmp_path / "moved")
    assert noted(notes, directory) == ["-r", "-c", "chproj 1234567", "-c", "chattr +P", "HELD", moved]


@pytest.mark.parametrize(
    ("limit", "blocks"),
    [
        pytest.param(10 << 20, 10240, id="whole blocks"),
        pytest.param(1025, 2, id="rounded up"),
        pytest.param(0, 0, id="none"),
    ],
)
def test_a_limit_is_set_in_blocks_on_the_mount(tool: Callable[..., Path], limit: int, blocks: int) -> None:
    notes = tool("xfs_quota")

    ProjectTools().set_limit(replace(XFS, source="/dev/null"), 1_234_567, limit)

    assert noted(notes) == ["-x", "-f", "-c", f"limit -p bhard={blocks}k 1234567", "/exports/main"]


def test_use_is_read_from_the_report_of_all(tool: Callable[..., Path]) -> None:
    tool("xfs_quota", says=REPORT)

    found = ProjectTools().usages(replace(XFS, source="/dev/null"))

    assert found[1_234_567] == Usage(5121 * 1024, 2, 1 << 20)


def test_a_report_is_read_line_by_line() -> None:
    assert parse_report(REPORT) == {
        0: Usage(14 * 1024, 3, 0),
        1_234_567: Usage(5121 * 1024, 2, 1 << 20),
        2_345_678: Usage(10 << 30, 77, 10 << 30),
    }
    assert parse_report("") == {}


def test_where_there_are_no_projects_a_directory_has_none(tmp_path: Path) -> None:
    opened = os.open("/proc/self", os.O_RDONLY | os.O_DIRECTORY)
    try:
        assert ProjectTools().project_of(opened) == 0
    finally:
        os.close(opened)


@pytest.mark.parametrize(
    ("ended", "says"),
    [
        pytest.param({"status": 1, "complains": "cannot set limits"}, "cannot set limits", id="it fails"),
        pytest.param({"status": 0, "complains": "cannot setup path"}, "cannot setup path", id="it only complains"),
        pytest.param({"status": 3}, "xfs_quota ended with exit code 3", id="it says nothing"),
    ],
)
def test_a_tool_that_does_not_do_it_has_failed(tool: Callable[..., Path], ended: dict[str, object], says: str) -> None:
    tool("xfs_quota", **ended)

    with pytest.raises(ToolFailed, match=says):
        run_tool(["xfs_quota"], quiet=True)


def test_one_that_may_talk_has_not_failed(tool: Callable[..., Path], directory: int) -> None:
    tool("btrfs", complains="WARNING: something")

    SubvolumeTools().forget_removed(directory)


def test_a_tool_that_is_not_there_names_the_image() -> None:
    with pytest.raises(ToolFailed, match="its image has to be the one for quotas"):
        run_tool(["no-such-tool"])


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        pytest.param(
            lambda tools, fd: tools.make(fd, "new"), ["-q", "subvolume", "create", "HELD/new"], id="making one"
        ),
        pytest.param(
            lambda tools, fd: tools.remove(fd, "old"), ["-q", "subvolume", "delete", "HELD/old"], id="removing one"
        ),
        pytest.param(
            lambda tools, fd: tools.set_limit(fd, 1024), ["qgroup", "limit", "1024", "HELD"], id="limiting one"
        ),
        pytest.param(
            lambda tools, fd: tools.set_limit(fd, None), ["qgroup", "limit", "none", "HELD"], id="limiting it no more"
        ),
    ],
)
def test_a_subvolume_is_named_by_the_directory_that_is_held(
    tool: Callable[..., Path], directory: int, call: Callable[[SubvolumeTools, int], None], arguments: list[str]
) -> None:
    notes = tool("btrfs")

    call(SubvolumeTools(), directory)

    assert noted(notes, directory)[: len(arguments)] == arguments


@pytest.mark.parametrize(
    ("complains", "counts"),
    [pytest.param("", True, id="it does"), pytest.param("ERROR: quotas not enabled", False, id="it does not")],
)
def test_whether_a_btrfs_counts_is_asked(
    tool: Callable[..., Path], directory: int, complains: str, counts: bool
) -> None:
    tool("btrfs", complains=complains, status=0 if counts else 1)

    assert SubvolumeTools().keeps_limits(directory) is counts


QGROUPS = """\
qgroupid         rfer         excl
--------         ----         ----
0/5             16384        16384
0/256         3162112      3162112   team-a/data
0/257    109951162777        16384   team-a/copy
1/100         3178496      3178496
"""


def test_what_subvolumes_use_is_read_line_by_line(tool: Callable[..., Path], directory: int) -> None:
    notes = tool("btrfs", says=QGROUPS)

    assert SubvolumeTools().used(directory) == {5: 16384, 256: 3_162_112, 257: 109_951_162_777}
    assert noted(notes, directory)[:4] == ["qgroup", "show", "--raw", "HELD"]
    assert parse_used("") == {}


def test_a_btrfs_that_has_lost_count_is_not_believed(tool: Callable[..., Path], directory: int) -> None:
    tool("btrfs", says=QGROUPS, complains="WARNING: qgroup data inconsistent, rescan recommended")

    with pytest.raises(ToolFailed, match="inconsistent"):
        SubvolumeTools().used(directory)
