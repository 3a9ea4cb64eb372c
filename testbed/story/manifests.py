"""The story's manifests: the same for both namespaces but for the namespace, the volume's name and the path.

They are written as the tutorials write them. All that is the testbed's own is the image, which its node has already.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from policy.shapes import Json
from testbed.node.images import BUSYBOX_IMAGE

OTHER_CLASS = "standard"
"""The cluster's default class, as many clusters call theirs; it has nothing to do with NFS."""

OWN_CLASS = "nfs"
"""The class that our own provisioner makes volumes for."""

_SIZE = "1Gi"
_MODES = ["ReadWriteMany"]
_MOUNT_POINT = "/data"


@dataclass(frozen=True, slots=True)
class Place:
    """All in which the two sets of manifests differ: a namespace, and whose directories they mount.

    `server` and `export` (an absolute path) are the NFS server's as a node knows them.
    """

    namespace: str
    server: str
    export: str

    def volume_name(self, name: str) -> str:
        """Volumes belong to no namespace, so that their names must tell the two apart."""
        return f"{self.namespace}-{name}"

    def path(self, name: str) -> str:
        """The directory on the server for one case."""
        return f"{self.export.rstrip('/')}/{self.namespace}/{name}"


def volume(place: Place, name: str, **spec: Any) -> Json:
    """A static NFS volume; `spec` is laid over what every one of them has."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": place.volume_name(name)},
        "spec": {
            "capacity": {"storage": _SIZE},
            "accessModes": _MODES,
            "persistentVolumeReclaimPolicy": "Retain",
            **spec,
            "nfs": _nfs(place, name),
        },
    }


def claim(place: Place, name: str, *, size: str | None = _SIZE, **spec: Any) -> Json:
    """A claim; `spec` is laid over what every one of them has, and without a `size` it asks for none."""
    wanted = {} if size is None else {"resources": {"requests": {"storage": size}}}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": place.namespace},
        "spec": {"accessModes": _MODES, **wanted, **spec},
    }


def pod_with_claim(place: Place, name: str) -> Json:
    """A Pod that mounts the claim of its own name."""
    return _pod(place, name, {"persistentVolumeClaim": {"claimName": name}})


def pod_with_inline_volume(place: Place, name: str) -> Json:
    """A Pod that mounts a directory of the server by itself."""
    return _pod(place, name, {"nfs": _nfs(place, name)})


def other_class() -> Json:
    """The class that the cluster has as its default: nothing in this cluster makes volumes for it."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": OTHER_CLASS,
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "example.com/another-storage",
        "volumeBindingMode": "Immediate",
    }


def namespace(name: str, labels: dict[str, str]) -> Json:
    """A namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def as_yaml(objects: Iterable[Json]) -> str:
    """Several manifests as one file."""
    return yaml.safe_dump_all(objects, sort_keys=False)


def _nfs(place: Place, name: str) -> Json:
    return {"server": place.server, "path": place.path(name)}


def _pod(place: Place, name: str, source: Json) -> Json:
    # It writes a file with its own name, to be looked for on the export.
    command = f"echo hello from {name} > {_MOUNT_POINT}/{name}; exec sleep 1000000"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": place.namespace},
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "containers": [
                {
                    "name": "writer",
                    "image": BUSYBOX_IMAGE,
                    "imagePullPolicy": "Never",
                    "command": ["sh", "-c", command],
                    "volumeMounts": [{"name": "data", "mountPath": _MOUNT_POINT}],
                }
            ],
            "volumes": [{"name": "data", **source}],
        },
    }
