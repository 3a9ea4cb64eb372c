"""Volumes, classes, Deployments and Pods as the peers leave them in a cluster: from their provisioners' own sources."""

from typing import Any

from policy.load import load_policy
from policy.model import Policy
from policy.shapes import Json

SUBDIR = "k8s-sigs.io/nfs-subdir-external-provisioner"
CSI = "nfs.csi.k8s.io"
OURS = "nfs-steward.io/provisioner"
SERVER, ROOT = "10.0.0.5", "/nfs/data"

POLICY = """
exports: [{{server: 10.0.0.5, path: /nfs/data}}]
profiles: [{{name: default}}]
{more}
"""


def policy(more: str = f"provisionerName: {SUBDIR}") -> Policy:
    """A policy with one export."""
    return load_policy(POLICY.format(more=more), "policy")


def volume(name: str = "pvc-1", path: str = f"{ROOT}/team-a-data-pvc-1", **changes: Any) -> Json:
    """A volume of nfs-subdir-external-provisioner, bound to the claim team-a/data; `changes` go over its parts."""
    changes = {"nfs": {"server": SERVER, "path": path}, **changes}
    return _volume(name, SUBDIR, changes)


def csi_volume(name: str = "pvc-1", handle: str = "10.0.0.5#nfs/data#pvc-1##", **changes: Any) -> Json:
    """A volume of csi-driver-nfs, as its controller with external-provisioner's sidecar leaves one."""
    attributes = {"server": SERVER, "share": ROOT, "subdir": name}
    source = {"driver": CSI, "volumeHandle": handle, "volumeAttributes": attributes}
    finalizers = ["external-provisioner.volume.kubernetes.io/finalizer", "kubernetes.io/pv-protection"]
    return _volume(name, CSI, {"csi": source, "finalizers": finalizers, "storageClassName": "nfs-csi", **changes})


def _volume(name: str, provisioner: str, changes: dict[str, Any]) -> Json:
    metadata = {
        "name": name,
        "uid": f"uid-of-{name}",
        "annotations": {"pv.kubernetes.io/provisioned-by": provisioner, **changes.pop("annotations", {})},
        "finalizers": changes.pop("finalizers", ["kubernetes.io/pv-protection"]),
    }
    if changes.pop("deleting", False):
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    claim = {"namespace": "team-a", "name": "data", "uid": f"claim-of-{name}"}
    spec = {"storageClassName": "nfs-client", "persistentVolumeReclaimPolicy": "Delete", "claimRef": claim}
    return {"metadata": metadata, "status": {"phase": changes.pop("phase", "Bound")}, "spec": {**spec, **changes}}


def storage_class(name: str = "nfs-client", provisioner: str = SUBDIR, **parameters: str) -> Json:
    """A class with these parameters."""
    return {
        "metadata": {"name": name},
        "provisioner": provisioner,
        "parameters": parameters,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }


def claim(name: str, provisioner: str = SUBDIR, phase: str = "Pending") -> Json:
    """A claim for which the binder has asked a provisioner for a volume."""
    marks = {"volume.kubernetes.io/storage-provisioner": provisioner}
    return {
        "metadata": {"namespace": "team-a", "name": name, "annotations": marks},
        "spec": {"storageClassName": "nfs-client"},
        "status": {"phase": phase},
    }


def subdir_containers(provisioner: str = SUBDIR) -> Json:
    """A Pod's spec that runs nfs-subdir-external-provisioner."""
    variables = [{"name": "PROVISIONER_NAME", "value": provisioner}, {"name": "NFS_SERVER", "value": SERVER}]
    image = "registry.k8s.io/sig-storage/nfs-subdir-external-provisioner:v4.0.2"
    return {"containers": [{"name": "nfs-client-provisioner", "image": image, "env": variables}]}


def csi_containers(*images: str) -> Json:
    """A Pod's spec with these images, or those of csi-driver-nfs's controller."""
    usual = (
        "registry.k8s.io/sig-storage/csi-provisioner:v6.3.0",
        "registry.k8s.io/sig-storage/nfsplugin:v4.11.0@sha256:0123",
    )
    return {"containers": [{"image": image} for image in images or usual]}


def deployment(spec: Json, replicas: int | None = 1, name: str = "nfs-client-provisioner") -> Json:
    """A Deployment of Pods with this spec; no `replicas` mean one."""
    sized = {} if replicas is None else {"replicas": replicas}
    return {"metadata": {"namespace": "default", "name": name}, "spec": {**sized, "template": {"spec": spec}}}


def pod(spec: Json, owner: tuple[str, str] | None = None, phase: str = "Running", **labels: str) -> Json:
    """A Pod with this spec; `owner` is the kind and the name of its controller."""
    metadata: Json = {"namespace": "default", "name": "a-pod", "labels": labels}
    if owner:
        metadata["ownerReferences"] = [{"kind": owner[0], "name": owner[1], "controller": True}]
    return {"metadata": metadata, "spec": spec, "status": {"phase": phase}}
