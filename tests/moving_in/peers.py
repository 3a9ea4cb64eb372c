"""What nfs-subdir-external-provisioner and csi-driver-nfs leave in a cluster, written anew from their own sources:
their example manifests, and the volumes that their controllers make.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kube import resources
from kube.client import Client
from policy.shapes import Json, sequence, text
from testbed.export import NfsExport, PlainFolder
from testbed.pods.local_node import TOLERATIONS
from testbed.waiting import wait_for
from tests.waiting import WITHIN

SUBDIR: Final = "k8s-sigs.io/nfs-subdir-external-provisioner"
CSI: Final = "nfs.csi.k8s.io"


def storage_class(name: str, provisioner: str = SUBDIR, **parameters: str) -> Json:
    """A class as deploy/class.yaml of the one and deploy/example/storageclass-nfs.yaml of the other have it."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": provisioner,
        "parameters": parameters,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }


def claim(name: str, namespace: str, storage_class: str) -> Json:
    """A claim as deploy/test-claim.yaml has it."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "storageClassName": storage_class,
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "1Mi"}},
        },
    }


def deployment(namespace: str) -> Json:
    """Its deploy/deployment.yaml; what runs is no provisioner but something that sleeps."""
    variables = {"PROVISIONER_NAME": SUBDIR, "NFS_SERVER": "10.3.243.101", "NFS_PATH": "/ifs/kubernetes"}
    container = {
        "name": "nfs-client-provisioner",
        "image": "registry.k8s.io/sig-storage/nfs-subdir-external-provisioner:v4.0.2",
        "command": ["sleep", "1000000"],
        "env": [{"name": name, "value": value} for name, value in variables.items()],
    }
    labels = {"app": "nfs-client-provisioner"}
    pod = {"terminationGracePeriodSeconds": 0, "containers": [container], "tolerations": TOLERATIONS}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "nfs-client-provisioner", "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


@dataclass(frozen=True, slots=True)
class Peer:
    """A provisioner that makes a volume when it is told to."""

    client: Client
    export: NfsExport | PlainFolder

    def serve(self, namespace: str, name: str) -> Path:
        """Do what `Provision` in provisioner.go and the library around it do for a claim; returns the directory."""
        claim = self._asked(namespace, name, SUBDIR)
        volume_name = f"pvc-{claim['metadata']['uid']}"
        path = f"{namespace}-{name}-{volume_name}"
        source = {"nfs": {"server": self.export.server, "path": f"{self.export.path}/{path}"}}
        return self._make(claim, volume_name, path, {"spec": source})

    def serve_by_csi(self, namespace: str, name: str, on_delete: str = "") -> Path:
        """Do what `CreateVolume` in controllerserver.go and external-provisioner do; returns the directory."""
        claim = self._asked(namespace, name, CSI)
        volume_name = f"pvc-{claim['metadata']['uid']}"
        share = self.export.path.strip("/")
        attributes = {"server": self.export.server, "share": self.export.path, "subdir": volume_name}
        handle = f"{self.export.server}#{share}#{volume_name}##{on_delete}"
        source = {"csi": {"driver": CSI, "volumeHandle": handle, "volumeAttributes": attributes}}
        finalizers = ["external-provisioner.volume.kubernetes.io/finalizer"]
        return self._make(claim, volume_name, volume_name, {"spec": source, "metadata": {"finalizers": finalizers}})

    def _asked(self, namespace: str, name: str, provisioner: str) -> Json:
        """The claim, once the binder has asked the provisioner for its volume."""

        def asked() -> Json | None:
            found = self.client.get(resources.CLAIMS, name, namespace)
            marks = found["metadata"].get("annotations", {})
            return found if marks.get("volume.kubernetes.io/storage-provisioner") == provisioner else None

        return wait_for(f"the binder's asking {provisioner}", asked, WITHIN)

    def _make(self, claim: Json, name: str, path: str, parts: Json) -> Path:
        folder = self.export.root / path
        folder.mkdir()
        folder.chmod(0o777)
        asked = claim["metadata"]["annotations"]["volume.kubernetes.io/storage-provisioner"]
        spec = {
            "persistentVolumeReclaimPolicy": "Delete",
            "accessModes": sequence(claim, "spec", "accessModes"),
            "capacity": {"storage": text(claim, "spec", "resources", "requests", "storage")},
            "storageClassName": text(claim, "spec", "storageClassName"),
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                **{key: claim["metadata"][key] for key in ("namespace", "name", "uid", "resourceVersion")},
            },
            **parts["spec"],
        }
        metadata = {
            "name": name,
            "annotations": {"pv.kubernetes.io/provisioned-by": asked},
            **parts.get("metadata", {}),
        }
        volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}
        self.client.create(resources.VOLUMES, volume)
        wait_for("its being bound", lambda: self._is_bound(claim["metadata"]), WITHIN)
        return folder

    def _is_bound(self, metadata: Json) -> bool:
        found = self.client.get(resources.CLAIMS, metadata["name"], metadata["namespace"])
        return text(found, "status", "phase") == "Bound"
