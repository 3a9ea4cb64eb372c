import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from cli.demo import status
from testbed.audit import audit_flags
from testbed.bed import Testbed
from testbed.control_plane import ControlPlaneOptions
from testbed.errors import CommandFailed
from testbed.kubectl import Kubectl
from testbed.node.node import Node
from testbed.parts import TestbedOptions
from testbed.product.executable import nfs_steward
from testbed.progress import Progress
from testbed.story.audit import CREATIONS
from testbed.story.play import play
from testbed.story.theatre import stage_on
from testbed.waiting import wait_for
from tests.waiting import WITHIN

LONGEST = 600.0  # seconds; two minutes are usual

# With nothing on PATH there is no compiler for the node and no apt-get for the NFS server: stand-ins take their place.
NOTHING_AT_HAND = {"PATH": "/nonexistent"}


@contextmanager
def demo(folder: Path, *arguments: str, env: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A running demo in `folder`; it is killed at the end where it still runs."""
    command = [*nfs_steward(), "demo", "--dir", str(folder), "-o", "json", *arguments]
    variables = {key: value for key, value in os.environ.items() if key != "REQUIRE_ALL"} | env
    with (folder / "stderr").open("w") as progress:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=progress, text=True, env=variables)
    with process:
        yield process
        process.kill()


def play_once(folder: Path, env: Mapping[str, str]) -> tuple[int, list[dict[str, Any]], str]:
    """Run `nfs-steward demo --once`: its status, its rows, and what it said besides."""
    with demo(folder, "--once", env=env) as process:
        said, _ = process.communicate(timeout=LONGEST)
    return process.returncode, json.loads(said), (folder / "stderr").read_text()


@pytest.fixture(scope="module")
def played(node: Node, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, list[dict[str, Any]], str]:
    """The demo on a real node."""
    return play_once(tmp_path_factory.mktemp("demo"), {"REQUIRE_ALL": "1"})


def commands_about(folder: Path) -> list[str]:
    """The command lines of all processes on this machine that name the folder."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            found.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [command for command in found if str(folder) in command]


def row_of(rows: list[dict[str, Any]], case: str) -> dict[str, Any]:
    return next(row for row in rows if row["case"] == case)


def test_every_case_ends_as_the_story_tells(played: tuple[int, list[dict[str, Any]], str]) -> None:
    code, rows, said = played
    assert [(row["case"], row["ok"]) for row in rows] == [(case, True) for case in "abcdef"], said
    assert code == 0
    assert not any("note" in row for row in rows)


@pytest.mark.parametrize(
    ("case", "before", "after"),
    [
        pytest.param("a", ("ContainerCreating", "No such file or directory"), "Running", id="static volume"),
        pytest.param("b", ("Pending", "storageClassName does not match"), "Running", id="no class on either"),
        pytest.param("c", ("Pending", "class standard"), "Running", id="no class"),
        pytest.param("d", ("refused", "spec.resources[storage]: Required value"), "Running", id="no size"),
        pytest.param("e", ("ContainerCreating", "No such file or directory"), "Running", id="inline volume"),
        pytest.param("f", ("Pending", "class standard"), "Pending: class standard", id="the other class"),
    ],
)
def test_what_became_of_each_without_us_and_with_us(
    played: tuple[int, list[dict[str, Any]], str], case: str, before: tuple[str, str], after: str
) -> None:
    row = row_of(played[1], case)
    state, words = before
    assert row["before"].startswith(state)
    assert words in row["before"]
    assert row["after"].startswith(after)


@pytest.mark.parametrize(
    ("case", "filled", "rule"),
    [
        pytest.param("a", "spec.mountOptions = ", "profile default", id="static volume"),
        pytest.param("a", "directory = story-with/static-volume", "export main", id="its directory"),
        pytest.param("b", "spec.storageClassName", "story-with-no-class-on-either", id="the class of the volume"),
        pytest.param("c", "spec.storageClassName = nfs", "profile default", id="class"),
        pytest.param("d", "spec.resources.requests.storage = 1Gi", "profile default", id="size"),
        pytest.param("e", "directory = story-with/inline-volume", "export main", id="inline volume's directory"),
    ],
)
def test_each_fill_is_told_with_its_rule(
    played: tuple[int, list[dict[str, Any]], str], case: str, filled: str, rule: str
) -> None:
    row = row_of(played[1], case)
    assert filled in row["filled"]
    assert rule in row["rule"]


def test_nothing_is_filled_in_where_the_author_named_the_other_class(
    played: tuple[int, list[dict[str, Any]], str],
) -> None:
    row = row_of(played[1], "f")
    assert (row["filled"], row["rule"]) == ("", "")


@pytest.mark.cluster
def test_stand_ins_are_told_and_ctrl_c_ends_everything(testbed: Testbed, tmp_path: Path) -> None:
    kubectl = Kubectl(testbed.program("kubectl"), tmp_path / "kubeconfig")
    with demo(tmp_path, env=NOTHING_AT_HAND) as process:
        assert process.stdout is not None
        rows = json.loads("".join(takewhile("]\n".__ne__, process.stdout)) + "]")
        wait_for("its staying up", lambda: "Ctrl-C" in (tmp_path / "stderr").read_text(), WITHIN)
        assert kubectl("get", "--raw", "/readyz") == "ok"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=WITHIN) == 0
    assert [row["case"] for row in rows if "note" in row] == list("abcde")
    assert all(row["ok"] for row in rows)
    with pytest.raises(CommandFailed):
        kubectl("get", "--raw", "/readyz")
    assert not commands_about(tmp_path)


@pytest.mark.cluster
def test_what_could_not_be_proven_fails_where_everything_is_required(testbed: Testbed, tmp_path: Path) -> None:
    code, rows, said = play_once(tmp_path, {**NOTHING_AT_HAND, "REQUIRE_ALL": "1"})
    assert code == 1
    assert [row["case"] for row in rows if row["ok"]] == ["f"], said


@pytest.mark.cluster
def test_a_cluster_without_the_webhook_fails_the_rows_that_need_it(testbed: Testbed, tmp_path: Path) -> None:
    flags = ControlPlaneOptions(api_server=audit_flags(tmp_path / "audit", CREATIONS))
    bed = Testbed.up(tmp_path, TestbedOptions(node=False, nfs_server=False, control_plane=flags))
    try:
        rows = play(stage_on(bed), Progress(), patience=3)
    finally:
        bed.down()
    assert [row.case.letter for row in rows if row.ok] == ["f"]
    assert status(rows) == 1
