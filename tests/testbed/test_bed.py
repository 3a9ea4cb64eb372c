"""The testbed as a whole, with real processes. What is torn down here is never the session's own testbed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import record
from testbed.bed import Testbed
from testbed.errors import CommandFailed
from testbed.export import NfsExport
from testbed.nfs_listing import nfs_listing, nfs_read
from testbed.node.node import Node
from testbed.parts import TestbedOptions
from tests.waiting import eventually

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


@pytest.fixture(scope="module")
def second(testbed: Testbed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Testbed]:
    """A testbed beside the session's, without a node and without an NFS server."""
    bed = Testbed.up(tmp_path_factory.mktemp("second"), TestbedOptions(node=False, nfs_server=False))
    yield bed
    bed.down()


def test_two_testbeds_side_by_side_keep_their_objects_and_addresses_apart(testbed: Testbed, second: Testbed) -> None:
    second.kubectl("create", "namespace", "only-in-the-second")
    assert "only-in-the-second" not in testbed.kubectl("get", "namespaces")
    jsonpath = "-o=jsonpath={.spec.clusterIP}"
    addresses = {bed.kubectl("get", "service", "kubernetes", jsonpath) for bed in (testbed, second)}
    assert len(addresses) == 2


def test_a_stand_in_takes_pods_that_never_run(second: Testbed) -> None:
    second.kubectl("run", "waiting", "--image=localhost/bb:1")
    second.kubectl("wait", "pod/waiting", "--for=condition=PodScheduled", "--timeout=30s")
    assert second.kubectl("get", "pod", "waiting", "-o=jsonpath={.status.phase}") == "Pending"


def test_without_an_nfs_server_the_export_is_a_plain_folder(second: Testbed) -> None:
    assert not isinstance(second.export, NfsExport)
    assert second.export.root == second.folder / "export"
    assert second.export.root.is_dir()


def test_the_api_server_comes_back_with_its_objects_after_an_outage(second: Testbed) -> None:
    second.kubectl("create", "namespace", "kept")
    second.control_plane.stop_api_server()
    with pytest.raises(CommandFailed):
        second.kubectl("get", "namespaces", "--request-timeout=2s")
    second.control_plane.start_api_server()
    second.control_plane.wait_ready()
    assert "kept" in second.kubectl("get", "namespaces")


def test_up_refuses_a_folder_in_use_and_down_leaves_no_process_but_logs_and_files(
    testbed: Testbed, tmp_path: Path
) -> None:
    folder = tmp_path / "left"
    others = testbed.supervisor.identities()
    up = [*COMMAND, "up", f"--dir={folder}", "--no-node"]
    subprocess.run(up, check=True, timeout=300)
    (folder / "export" / "mine").touch()
    again = subprocess.run(up, capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert f"already up in {folder}: end it with `nfs-steward testbed down" in again.stderr
    subprocess.run([*COMMAND, "down", f"--dir={folder}"], check=True, timeout=60)
    assert processes_of(folder) == []
    assert sorted(path.name for path in folder.iterdir()) == ["export", "logs"]
    assert (folder / "export" / "mine").exists()
    assert others
    assert all(other.alive() for other in others)


PARENT = """
import sys, time
from pathlib import Path
from testbed.bed import Testbed
from testbed.parts import TestbedOptions
bed = Testbed.up(Path(sys.argv[1]), TestbedOptions(node=sys.argv[2] == "node"))  # which ends with its last reference
print("up", flush=True)
time.sleep(600)
"""


def test_when_the_process_that_holds_a_testbed_is_killed_nothing_is_left(node: Node, tmp_path: Path) -> None:
    folder = tmp_path / "held"
    argv = [sys.executable, "-c", PARENT, str(folder), "node"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:
        try:
            assert parent.stdout is not None
            assert parent.stdout.readline() == "up\n"
            assert any("linux.uml" in words for words in processes_of(folder))
        finally:
            parent.kill()
    eventually(lambda: processes_of(folder) == [])


def test_when_the_supervisor_of_a_testbed_is_killed_nothing_is_left_and_down_clears_up(
    node: Node, tmp_path: Path
) -> None:
    folder = tmp_path / "detached"
    subprocess.run([*COMMAND, "up", f"--dir={folder}"], check=True, timeout=300)
    left = record.Record.read(folder)
    assert left is not None
    os.kill(left.supervisor.pid, signal.SIGKILL)
    eventually(lambda: processes_of(folder) == [])
    said = subprocess.run([*COMMAND, "down", f"--dir={folder}"], check=True, capture_output=True, text=True).stdout
    assert said == "it had ended already; what it left was cleared away\n"


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
