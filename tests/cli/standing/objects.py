"""What there may be to tell of, in short."""

from typing import Any, Final

from policy import keys

Json = dict[str, Any]

POLICY: Final = """
exports: [{name: main, server: 10.0.0.5, path: /nfs/data}, {name: slow, server: 10.0.0.6, path: /srv}]
profiles:
- {name: default, storageClassName: nfs, quota: {storage: 10Gi, claims: 5}}
- {name: strict, storageClassName: nfs, overQuota: block}
"""

STORAGE, CLAIMS = (
    "nfs.storageclass.storage.k8s.io/requests.storage",
    "nfs.storageclass.storage.k8s.io/persistentvolumeclaims",
)


def namespace(name: str, **labels: str) -> Json:
    """A namespace; `inject` and `profile` are labels of ours."""
    return {"metadata": {"name": name, "labels": {f"{keys.GROUP}/{key}": value for key, value in labels.items()}}}


def quota(namespace: str, hard: dict[str, str], used: dict[str, str]) -> Json:
    """A namespace's quota, as the API server counts."""
    return {"metadata": {"name": "nfs-steward", "namespace": namespace}, "status": {"hard": hard, "used": used}}


def claim(namespace: str, name: str, *, phase: str = "Bound", used: str = "", over: bool = False, **spec: Any) -> Json:
    """A claim of the class `nfs`, whose volume is called as it is."""
    metadata: Json = {"name": name, "namespace": namespace, "annotations": {keys.USED: used} if used else {}}
    metadata["labels"] = {keys.OVER_QUOTA: "true"} if over else {}
    whole = {"storageClassName": "nfs", **({"volumeName": f"v-{name}"} if phase == "Bound" else {}), **spec}
    return {"metadata": metadata, "spec": whole, "status": {"phase": phase, "capacity": {"storage": "2Gi"}}}


def volume(name: str, used: int | None = None, **annotations: str) -> Json:
    """A volume of ours of 2Gi, of which so many bytes and 1,234 files are used."""
    marks = {keys.PROVISIONED_BY: keys.PROVISIONER}
    if used is not None:
        marks |= {keys.USED_BYTES: str(used), keys.USED_FILES: "1234", keys.MEASURED_AT: "2030-01-01T12:00:00Z"}
    marks |= {f"{keys.GROUP}/{key.replace('_', '-')}": value for key, value in annotations.items()}
    return {"metadata": {"name": f"v-{name}", "annotations": marks}, "spec": {"capacity": {"storage": "2Gi"}}}


def lease(export: str, holder: str = "somebody", **annotations: str) -> Json:
    """The Lease of an export's controller."""
    marks = {f"{keys.GROUP}/{key.replace('_', '-')}": value for key, value in annotations.items()}
    metadata = {"name": f"nfs-steward-export-{export}", "namespace": "nfs-steward", "annotations": marks}
    return {"metadata": metadata, "spec": {"holderIdentity": holder, "leaseDurationSeconds": 15}}
