"""Who makes the volumes: nfs-steward, the provisioner that most people run, and nobody: they are all there already."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.arena import in_parallel
from bench.programs import PROVISIONER
from bench.volumes.cluster import CLASS, administrator, installed, start_controllers
from kube.client import Client
from kube.informer import Informer
from kube.resources import STORAGE_CLASSES, VOLUMES
from policy.shapes import Json, text
from testbed.bed import Testbed
from testbed.commands import program
from testbed.supervision.client import Program
from testbed.waiting import wait_for

OURS: Final = "ours"
FLOOR: Final = "the binder alone"
PEER: Final = PROVISIONER

_PEER_NAME: Final = "k8s-sigs.io/nfs-subdir-external-provisioner"
_PEER_MOUNT: Final = "persistentvolumes"
"""Where it expects the export, below the root of its file system: written into the program."""
_AVAILABLE_WITHIN: Final = 1200.0


@dataclass(frozen=True, slots=True)
class Provisioner:
    """One contestant. `prepare` gets all ready for claims of these names in a namespace, and returns their class."""

    name: str
    prepare: Callable[[Testbed, str, Sequence[str]], str]


def ours() -> Provisioner:
    """nfs-steward, both controllers."""

    def prepare(bed: Testbed, _namespace: str, _claims: Sequence[str]) -> str:
        start_controllers(installed(bed))
        return CLASS

    return Provisioner(OURS, prepare)


def floor() -> Provisioner:
    """What the binder takes when it need not wait for anybody: each volume is there, reserved for its claim."""

    def prepare(bed: Testbed, namespace: str, claims: Sequence[str]) -> str:
        client = administrator(bed)
        storage_class = _make_class(client, "made-in-advance", "kubernetes.io/no-provisioner")
        volumes = [_reserved_volume(bed, storage_class, namespace, claim) for claim in claims]
        in_parallel(lambda volume: client.create(VOLUMES, volume), volumes)
        _wait_available(client, len(volumes))
        return storage_class

    return Provisioner(FLOOR, prepare)


def peer(executable: Path) -> Provisioner:
    """nfs-subdir-external-provisioner, as its own manifests start it but for the election, which takes it seconds."""

    def prepare(bed: Testbed, _namespace: str, _claims: Sequence[str]) -> str:
        root = bed.folder / "peer"
        (root / _PEER_MOUNT).mkdir(parents=True)
        shutil.copy2(executable, root / PEER)
        shutil.copy2(bed.kubeconfig, root / "kubeconfig")
        env = {
            "KUBECONFIG": "/kubeconfig",
            "NFS_SERVER": bed.export.server,
            "NFS_PATH": bed.export.path,
            "PROVISIONER_NAME": _PEER_NAME,
            "ENABLE_LEADER_ELECTION": "false",
        }
        log = bed.logs / "peer.log"
        process = bed.supervisor.start(Program(PEER, _confined(root, f"/{PEER}"), log, env))
        wait_for("it has started", lambda: "Started provisioner controller" in log.read_text(), 60.0, process)
        return _make_class(administrator(bed), "peer", _PEER_NAME)

    return Provisioner(PEER, prepare)


def _confined(root: Path, command: str) -> list[str]:
    """A command in a file system of its own, so that nothing has to be made below the machine's root."""
    unshare = program("unshare", PEER, "install util-linux")
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return [str(unshare), *as_root, f"--root={root}", command]


def _make_class(client: Client, name: str, provisioner: str) -> str:
    head = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}}
    client.create(STORAGE_CLASSES, {**head, "provisioner": provisioner})
    return name


def _reserved_volume(bed: Testbed, storage_class: str, namespace: str, claim: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{namespace}-{claim}"},
        "spec": {
            "storageClassName": storage_class,
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteMany"],
            "claimRef": {"namespace": namespace, "name": claim},
            "nfs": {"server": bed.export.server, "path": f"{bed.export.path}/{namespace}-{claim}"},
        },
    }


def _wait_available(client: Client, count: int) -> None:
    """Return when the binder has seen so many volumes and has said so of each."""
    informer = Informer(client, VOLUMES, lambda volume: text(volume, "status", "phase") or "")
    informer.start()
    try:
        wait_for(
            f"{count} volumes are Available", lambda: informer.items().count("Available") == count, _AVAILABLE_WITHIN
        )
    finally:
        informer.stop()
