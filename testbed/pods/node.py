"""The Node object: what the scheduler sees of this node."""

import os
import platform
from contextlib import suppress
from typing import Final

from kube.client import Client
from kube.errors import AlreadyExists
from kube.resources import NODES
from policy.shapes import Json

TAINT: Final = "testbed/local-processes"
"""The taint that Pods for such a node have to tolerate, where it has it; also a label of every such node."""

_NO_HEADROOM: Final = {"cpu": "64", "memory": "256Gi", "pods": "250", "ephemeral-storage": "1Ti"}
_CONDITIONS: Final = {"Ready": "True", "MemoryPressure": "False", "DiskPressure": "False", "PIDPressure": "False"}


def register(client: Client, name: str, address: str, *, tainted: bool) -> None:
    """Have the cluster know the node, ready for Pods. The control plane's patience with silent nodes keeps it so."""
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine()),
        TAINT: "true",
    }
    taints = [{"key": TAINT, "value": "true", "effect": "NoSchedule"}] if tainted else []
    node: Json = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
    with suppress(AlreadyExists):
        client.create(NODES, node | {"spec": {"taints": taints}})
    client.patch(NODES, name, {"status": _status(name, address)}, type="strategic", subresource="status")


def _status(name: str, address: str) -> Json:
    return {
        "capacity": _NO_HEADROOM,
        "allocatable": _NO_HEADROOM,
        "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
        "conditions": [
            {"type": kind, "status": status, "reason": "LocalProcesses"} for kind, status in _CONDITIONS.items()
        ],
        "nodeInfo": {
            "kernelVersion": os.uname().release,
            "osImage": platform.platform(),
            "containerRuntimeVersion": "testbed://1",
            "kubeletVersion": "testbed",
            "kubeProxyVersion": "testbed",
            "machineID": "",
            "systemUUID": "",
            "bootID": "",
            "operatingSystem": "linux",
            "architecture": platform.machine(),
        },
    }
