"""How soon a directory is there: for Pods that wait for theirs behind a gate, and for static volumes."""

import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from bench.arena import Ground, in_parallel
from bench.errors import BenchError
from bench.plan import Plan
from bench.rows import Bar, Row
from bench.volumes.arrivals import Waits, arrive
from bench.volumes.cluster import (
    administrator,
    at_rest,
    installed,
    make_namespace,
    running_cluster,
    start_controllers,
    without_controllers,
)
from kube.cache import Change
from kube.client import Client
from kube.informer import Informer
from kube.resources import CLAIMS, PODS, VOLUMES
from policy import keys
from policy.shapes import Json, sequence
from testbed.bed import Testbed
from testbed.export import NfsExport, PlainFolder
from testbed.waiting import wait_for

RATE: Final = 100
"""Arrivals a second."""
BAR: Final = Bar(1, "ours")

_NAMESPACE: Final = "bench"
_WITHIN: Final = 300.0


def measure(ground: Ground, plan: Plan) -> Iterator[Row]:
    """One row for Pods and one for volumes, each on a cluster of its own."""
    names = [f"arrival-{number:05}" for number in range(RATE * plan.arrival_seconds)]
    for name, waits_of in (
        ("Pods with inline volumes a second: until the gate is lifted", waits_of_pods),
        ("static volumes bound a second: until the directory is there", waits_of_volumes),
    ):
        with running_cluster(ground) as bed:
            client = administrator(bed)
            make_namespace(client, _NAMESPACE)
            start_controllers(installed(bed))
            without_controllers(bed)
            at_rest(bed)
            waits = waits_of(bed, client, names)
        yield Row(f"{RATE} {name}, p99", waits.percentile(99), None, "s", BAR, waits.spread())


class Lifted:
    """When the gates of Pods were seen to be gone, by their names. Changes are told in an informer's thread."""

    def __init__(self, expected: int) -> None:
        """`all_lifted` is set as soon as so many Pods have none."""
        self.at: dict[str, float] = {}
        self.all_lifted = threading.Event()
        self._expected = expected

    def changed(self, change: Change[bool]) -> None:
        """Note whether a Pod is gated now."""
        if change.new is False:
            self.at.setdefault(change.key.name, time.time())
        if len(self.at) == self._expected:
            self.all_lifted.set()


def waits_of_pods(bed: Testbed, client: Client, names: Sequence[str]) -> Waits:
    """Pods as the webhook leaves them, from when each was due until a watch shows it without its gate."""
    lifted = Lifted(len(names))
    informer = Informer(client, PODS, is_gated, namespace=_NAMESPACE, on_change=lifted.changed)
    informer.start()
    try:
        informer.wait_synced(_WITHIN)
        due = arrive(lambda name: client.create(PODS, gated_pod(bed.export, name)), names, RATE)
        if not lifted.all_lifted.wait(_WITHIN):
            raise BenchError(f"of {len(names)} Pods only {len(lifted.at)} are let go after {_WITHIN:.0f} s")
    finally:
        informer.stop()
    return Waits.between(due, lifted.at)


def waits_of_volumes(bed: Testbed, client: Client, names: Sequence[str]) -> Waits:
    """Volumes as the binder has them once it has chosen each for its claim: from when each was due until its directory
    has its owner and mode, which is when its inode changed last.
    """
    uids: dict[str, str] = {}

    def make_claim(name: str) -> None:
        uids[name] = client.create(CLAIMS, waiting_claim(name))["metadata"]["uid"]

    in_parallel(make_claim, names)
    due = arrive(lambda name: client.create(VOLUMES, bound_volume(bed.export, name, uids[name])), names, RATE)
    folders = {name: bed.export.root / name for name in names}
    wait_for("a directory for each volume", partial(_all_there, list(folders.values())), _WITHIN)
    return Waits.between(due, {name: folder.stat().st_ctime for name, folder in folders.items()})


def is_gated(pod: Json) -> bool:
    """Whether a Pod has any gate."""
    return bool(sequence(pod, "spec", "schedulingGates"))


def gated_pod(export: NfsExport | PlainFolder, name: str) -> Json:
    """A Pod with an inline volume of its own, with the label and the gate that the webhook gives it."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": _NAMESPACE, "labels": {keys.INLINE: "true"}},
        "spec": {
            "schedulingGates": [{"name": keys.DIRECTORY_GATE}],
            "containers": [{"name": "main", "image": "example.com/app"}],
            "volumes": [{"name": "data", "nfs": _source(export, name)}],
        },
    }


def waiting_claim(name: str) -> Json:
    """A claim that waits for the volume of its name."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": _NAMESPACE},
        "spec": {
            "storageClassName": "",
            "volumeName": name,
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }


def bound_volume(export: NfsExport | PlainFolder, name: str, uid: str) -> Json:
    """A static volume that belongs to the claim of its name and this uid."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteMany"],
            "claimRef": {"namespace": _NAMESPACE, "name": name, "uid": uid},
            "nfs": _source(export, name),
        },
    }


def _source(export: NfsExport | PlainFolder, name: str) -> Json:
    return {"server": export.server, "path": f"{export.path}/{name}"}


def _all_there(folders: Sequence[Path]) -> bool:
    return all(folder.is_dir() for folder in folders)
