"""An opted-in namespace on the node, and what people do in it."""

import json
from dataclasses import dataclass
from typing import Any, Final

from policy.shapes import Json, text
from testbed.bed import Testbed
from testbed.waiting import wait_for
from tests.cluster.objects import phase, pod, whole_claim

from .installed import WITHIN

SOMEBODY: Final = 1000
"""A uid that owns nothing on the export."""


def claimed(name: str) -> Json:
    """A Pod's volume that is a claim."""
    return {"persistentVolumeClaim": {"claimName": name}}


@dataclass(frozen=True)
class Team:
    """An opted-in namespace on the node, and what people do in it."""

    bed: Testbed
    namespace: str

    def claim(self, name: str, storage_class: str, **spec: Any) -> None:
        """Have a claim, bound."""
        self.bed.kubectl.create(whole_claim(name, self.namespace, storageClassName=storage_class, **spec))
        wait_for(f"{name} to be bound", lambda: phase(self.get("pvc", name)) == "Bound", WITHIN)

    def get(self, kind: str, name: str) -> Json:
        """An object, as it is now."""
        found: Json = self.bed.kubectl.json("get", kind, name, f"--namespace={self.namespace}")
        return found

    def run(self, name: str, script: str, *sources: Json, uid: int = SOMEBODY) -> str:
        """Have a Pod run a script to its end as that user; returns what it said. Its volumes are at /mnt/v0, ..."""
        self.begin(name, script, *sources, uid=uid)
        return self.end(name)

    def begin(self, name: str, script: str, *sources: Json, uid: int = SOMEBODY) -> None:
        """As `run`, and returns at once, so that several Pods run at the same time."""
        container = {"command": ["sh", "-c", script]}
        security = {"runAsUser": uid, "runAsGroup": uid}
        runs = pod(name, None, *sources, container=container, securityContext=security, restartPolicy="Never")
        self.bed.kubectl.create({**runs, "metadata": {"name": name, "namespace": self.namespace}})

    def end(self, name: str) -> str:
        """What a Pod has said that was begun, once it has run to its end."""
        wait_for(f"{name} to have run", lambda: phase(self.get("pod", name)) in ("Succeeded", "Failed"), WITHIN)
        said = str(self.bed.kubectl("logs", name, f"--namespace={self.namespace}"))
        self.bed.kubectl("delete", "pod", name, f"--namespace={self.namespace}", "--wait=false")
        return said

    def start(self, name: str, *sources: Json, uid: int = SOMEBODY) -> None:
        """Have a Pod of that user run that waits for what it is asked for. Its volumes are at /mnt/v0, ..."""
        security = {"runAsUser": uid, "runAsGroup": uid}
        self.bed.kubectl.create(pod(name, self.namespace, *sources, securityContext=security))
        ready = ("wait", "--for=condition=Ready", f"pod/{name}", f"--namespace={self.namespace}")
        self.bed.kubectl(*ready, f"--timeout={WITHIN:.0f}s", timeout=WITHIN)

    def ask(self, name: str, script: str) -> str:
        """Have a Pod that was started run a script; returns what that said. Raises `CommandFailed`."""
        return str(self.bed.kubectl("exec", name, f"--namespace={self.namespace}", "--", "sh", "-c", script))

    def grow(self, claim: str, size: str) -> None:
        """Have a claim of that size; returns when it has grown."""
        larger = json.dumps({"spec": {"resources": {"requests": {"storage": size}}}})
        there = f"--namespace={self.namespace}"
        self.bed.kubectl("patch", "pvc", claim, there, "--type=merge", f"--patch={larger}")
        wait_for(f"{claim} to have grown", lambda: self._capacity(claim) == size, WITHIN)

    def volume_of(self, claim: str) -> Json:
        """The volume of a claim."""
        found: Json = self.bed.kubectl.json("get", "pv", str(text(self.get("pvc", claim), "spec", "volumeName")))
        return found

    def _capacity(self, claim: str) -> str | None:
        return text(self.get("pvc", claim), "status", "capacity", "storage")
