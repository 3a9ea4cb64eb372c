"""A Node object without a node behind it: the scheduler schedules Pods to it, and none of them runs."""

import json
from dataclasses import dataclass

from testbed.kubectl import Kubectl
from testbed.waiting import STARTS_WITHIN, wait_for

_ROOM = {"cpu": "64", "memory": "256Gi", "pods": "10000", "ephemeral-storage": "1Ti"}
_CONDITIONS = {"Ready": "True", "MemoryPressure": "False", "DiskPressure": "False", "PIDPressure": "False"}


@dataclass(frozen=True, slots=True)
class StandInNode:
    """A Ready Node object named `name`. The control plane's patience with silent nodes keeps it Ready."""

    name: str

    def join(self, kubectl: Kubectl) -> None:
        """Create the object, with room for any number of Pods. A label tells it from a real node."""
        labels = {"kubernetes.io/hostname": self.name, "testbed/stand-in": "true"}
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": self.name, "labels": labels}}
        kubectl.create(node)
        conditions = [{"type": kind, "status": status, "reason": "StandIn"} for kind, status in _CONDITIONS.items()]
        status = {"status": {"capacity": _ROOM, "allocatable": _ROOM, "conditions": conditions}}
        patch = json.dumps(status)
        kubectl("patch", "node", self.name, "--subresource=status", "--type=merge", f"--patch={patch}")
        # A node is created with this taint, and the node controller takes it off when it gets to it.
        taints = ("get", f"node/{self.name}", "-o=jsonpath={.spec.taints}")
        wait_for("the stand-in's being schedulable", lambda: not kubectl(*taints), STARTS_WITHIN)
