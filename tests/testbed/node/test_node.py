"""The real node: Pods that mount the export and run."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from policy.shapes import Json
from testbed.bed import Testbed
from testbed.control_plane import NODE_NAME
from testbed.errors import CommandFailed
from testbed.export import NfsExport
from testbed.kubectl import Kubectl
from testbed.node.images import BUSYBOX_IMAGE
from testbed.node.node import Node


def pod(name: str, volume: Json, script: str) -> Json:
    container = {
        "name": "main",
        "image": BUSYBOX_IMAGE,
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", f"{script}; exec sleep 1000"],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    spec = {
        "containers": [container],
        "volumes": [{"name": "data", **volume}],
        "nodeSelector": {"kubernetes.io/hostname": NODE_NAME},  # a stand-in may be there, too
        "terminationGracePeriodSeconds": 1,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def test_a_command_in_the_guest_gives_its_output_and_status(node: Node) -> None:
    completed = node.exec("uname -n; echo wrong >&2; exit 7")
    assert (completed.status, completed.output) == (7, f"{node.name}\nwrong\n")


def test_commands_in_the_guest_run_side_by_side(node: Node) -> None:
    node.exec("rm -f /run/meeting; mkfifo /run/meeting")
    script = (
        "for side in a b; do ( if [ $side = a ]; then echo met > /run/meeting; else cat /run/meeting; fi ) & done; wait"
    )
    assert node.exec(script).output == "met\n"


def test_a_command_that_does_not_end_in_time_is_an_error(node: Node) -> None:
    with pytest.raises(CommandFailed, match="not within 0 s"):
        node.exec("sleep 2", timeout=0.1)


def test_the_command_for_the_node_says_so_where_there_is_none(testbed: Testbed, tmp_path: Path) -> None:
    command = [Path(sys.executable).with_name("nfs-steward"), "testbed", "exec", f"--dir={tmp_path}", "true"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert f"no testbed with a real node is up in {tmp_path}" in refused.stderr


def test_threads_keep_their_vector_registers(node: Node) -> None:
    """Programs whose threads compute side by side give the same answer as one that computes alone."""
    script = "for i in 1 2 3 4; do ( head -c 3000000 /dev/zero | tr '\\0' x | sha256sum ) & done; wait"
    answers = set(node.exec(script).output.split("\n")) - {""}
    assert len(answers) == 1


def events_of(kubectl: Kubectl, namespace: str, name: str, reason: str) -> list[str]:
    selector = f"involvedObject.name={name},reason={reason}"
    found = kubectl.json("get", "events", f"--namespace={namespace}", f"--field-selector={selector}")
    return [event["message"] for event in found["items"]]


def test_a_pod_whose_directory_is_missing_fails_to_mount_and_runs_once_it_is_there(
    node: Node, export: NfsExport, kubectl: Kubectl, namespace: str, eventually: Callable[..., None]
) -> None:
    volume = {"nfs": {"server": export.server, "path": f"{export.path}/{namespace}"}}
    script = "id -u > /data/owner; grep ' /data ' /proc/mounts"
    manifest = json.dumps(pod("writer", volume, script))
    kubectl("create", f"--namespace={namespace}", "-f", "-", stdin=manifest)
    eventually(lambda: any("No such file" in said for said in events_of(kubectl, namespace, "writer", "FailedMount")))
    (export.root / namespace).mkdir()
    kubectl("wait", "pod/writer", f"--namespace={namespace}", "--for=condition=Ready", "--timeout=120s")
    eventually(lambda: "nfs4" in node.pod_log(namespace, "writer", "main"))
    assert (export.root / namespace / "owner").read_text() == "0\n"
    assert f"port={export.port}" in node.pod_log(namespace, "writer", "main")
    kubectl("delete", "pod", "writer", f"--namespace={namespace}", "--wait=false")


def test_the_options_of_a_volume_are_those_of_its_mount(
    node: Node, export: NfsExport, kubectl: Kubectl, namespace: str, eventually: Callable[..., None]
) -> None:
    (export.root / namespace).mkdir()
    source = {"server": export.server, "path": f"{export.path}/{namespace}"}
    common = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
    kubectl.create(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": namespace},
            "spec": {
                **common,
                "capacity": {"storage": "1Mi"},
                "nfs": source,
                "claimRef": {"namespace": namespace, "name": "data"},
                "mountOptions": [*export.mount_options, "noatime", "rsize=65536"],
            },
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data", "namespace": namespace},
            "spec": {**common, "resources": {"requests": {"storage": "1Mi"}}},
        },
        {
            **pod("reader", {"persistentVolumeClaim": {"claimName": "data"}}, "grep ' /data ' /proc/mounts"),
            "metadata": {"name": "reader", "namespace": namespace},
        },
    )
    eventually(lambda: "nfs4" in node.pod_log(namespace, "reader", "main"))
    options = node.pod_log(namespace, "reader", "main").split()[3].split(",")
    assert {"noatime", "rsize=65536", f"port={export.port}", "vers=4.1"} <= set(options)
    kubectl("delete", "pod", "reader", f"--namespace={namespace}", "--wait=false")
