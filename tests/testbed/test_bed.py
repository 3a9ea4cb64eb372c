"""The testbed as a whole, with real processes. What is torn down here is never the session's own testbed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed import record
from testbed.bed import Testbed
from testbed.export import NfsExport
from testbed.kubectl import Kubectl
from testbed.nfs_listing import nfs_listing, nfs_read
from testbed.node.node import Node
from testbed.parts import TestbedOptions

COMMAND = [str(Path(sys.executable).with_name("nfs-steward")), "testbed"]


def processes_of(folder: Path) -> list[str]:
    """The command lines of processes that have the folder among their arguments, or work in it."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if str(folder) in words or (entry / "cwd").readlink().is_relative_to(folder):
                    found.append(words)
        except OSError:
            continue
    return found


def eventually(condition: Callable[[], object], within: float) -> bool:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture
def left_running(testbed: Testbed, tmp_path: Path) -> Iterator[Path]:
    """A second testbed, without a node, started by the command beside the session's."""
    folder = tmp_path / "second"
    subprocess.run([*COMMAND, "up", f"--dir={folder}", "--no-node"], check=True, timeout=300)
    yield folder
    if (folder / record.FILE).exists():
        record.end(folder)


def test_two_testbeds_side_by_side_keep_their_objects_and_addresses_apart(testbed: Testbed, left_running: Path) -> None:
    second = Kubectl(testbed.program("kubectl"), left_running / "kubeconfig")
    second("create", "namespace", "only-in-the-second")
    assert "only-in-the-second" not in testbed.kubectl("get", "namespaces")
    jsonpath = "-o=jsonpath={.spec.clusterIP}"
    addresses = {kubectl("get", "service", "kubernetes", jsonpath) for kubectl in (testbed.kubectl, second)}
    assert len(addresses) == 2


def test_down_leaves_no_process_and_keeps_logs_and_files(testbed: Testbed, left_running: Path) -> None:
    (left_running / "export" / "mine").touch()
    before = processes_of(testbed.folder)
    subprocess.run([*COMMAND, "down", f"--dir={left_running}"], check=True, timeout=60)
    assert processes_of(left_running) == []
    assert sorted(path.name for path in left_running.iterdir()) == ["export", "logs"]
    assert (left_running / "export" / "mine").exists()
    assert len(processes_of(testbed.folder)) == len(before)


def test_a_folder_with_a_running_testbed_is_refused(testbed: Testbed, left_running: Path) -> None:
    again = subprocess.run(
        [*COMMAND, "up", f"--dir={left_running}", "--no-node"], capture_output=True, text=True, check=False
    )
    assert again.returncode == 2
    assert f"already up in {left_running}: end it with `nfs-steward testbed down" in again.stderr


def test_a_stand_in_takes_pods_that_never_run(testbed: Testbed, left_running: Path) -> None:
    kubectl = Kubectl(testbed.program("kubectl"), left_running / "kubeconfig")
    kubectl("run", "waiting", "--image=localhost/bb:1")
    kubectl("wait", "pod/waiting", "--for=condition=PodScheduled", "--timeout=30s")
    assert kubectl("get", "pod", "waiting", "-o=jsonpath={.status.phase}") == "Pending"


PARENT = """
import sys, time
from pathlib import Path
from testbed.bed import Testbed
from testbed.parts import TestbedOptions
Testbed.up(Path(sys.argv[1]), TestbedOptions(node=sys.argv[2] == "node"))
print("up", flush=True)
time.sleep(600)
"""


def test_when_the_process_that_holds_a_testbed_is_killed_nothing_is_left(node: Node, tmp_path: Path) -> None:
    folder = tmp_path / "held"
    argv = [sys.executable, "-c", PARENT, str(folder), "node"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "up\n"
        assert any("linux.uml" in words for words in processes_of(folder))
        parent.kill()
    assert eventually(lambda: processes_of(folder) == [], within=5), processes_of(folder)


def test_when_the_supervisor_of_a_testbed_is_killed_nothing_is_left_and_down_clears_up(
    node: Node, tmp_path: Path
) -> None:
    folder = tmp_path / "detached"
    subprocess.run([*COMMAND, "up", f"--dir={folder}"], check=True, timeout=300)
    left = record.Record.read(folder)
    assert left is not None
    os.kill(left.supervisor.pid, signal.SIGKILL)
    assert eventually(lambda: processes_of(folder) == [], within=5), processes_of(folder)
    said = subprocess.run([*COMMAND, "down", f"--dir={folder}"], check=True, capture_output=True, text=True).stdout
    assert said == "it had ended already; what it left was cleared away\n"


def test_without_an_nfs_server_the_export_is_a_plain_folder(testbed: Testbed, tmp_path: Path) -> None:
    bed = Testbed.up(tmp_path, TestbedOptions(node=False, nfs_server=False))
    try:
        assert not isinstance(bed.export, NfsExport)
        assert bed.export.root == tmp_path / "export"
        assert bed.export.root.is_dir()
    finally:
        bed.down()


def test_the_api_server_comes_back_with_its_objects_after_an_outage(testbed: Testbed, tmp_path: Path) -> None:
    bed = Testbed.up(tmp_path, TestbedOptions(node=False, nfs_server=False))
    try:
        bed.kubectl("create", "namespace", "kept")
        bed.control_plane.stop_api_server()
        bed.control_plane.start_api_server()
        bed.control_plane.wait_ready()
        assert "kept" in bed.kubectl("get", "namespaces")
    finally:
        bed.down()


def test_what_comes_and_goes_on_the_export_is_seen_through_nfs_at_once(
    export: NfsExport,
) -> None:
    folder = export.root / "seen"
    folder.mkdir(mode=0o750)
    (folder / "file").write_text("content")
    os.chown(folder, 1000, 2000)
    seen = {entry.path: entry for entry in nfs_listing(export)}
    assert (seen["seen"].permissions, seen["seen"].uid, seen["seen"].gid) == ("rwxr-x---", 1000, 2000)
    assert nfs_read(export, "seen/file") == "content"
    (folder / "file").unlink()
    folder.rmdir()
    assert "seen" not in {entry.path for entry in nfs_listing(export)}
