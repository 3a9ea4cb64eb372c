"""Objects as a webhook is shown them on CREATE, and reviews around them."""

import json
from typing import Any

from policy import keys
from policy.shapes import Json
from tests.authorship import written

OPTED_IN = {keys.INJECT: keys.INJECT_ENABLED}
TEAM = "team-a"
SERVER, EXPORT = "10.0.0.5", "/nfs/data"


def claim(meta: Json | None = None, **spec: Any) -> Json:
    """A claim whose author wrote this spec, all but a class: that of an author needs `managedFields` of its own."""
    authored = [f"spec.{field}" for field in spec if field != "storageClassName"]
    metadata = {"name": "data", "namespace": TEAM, "managedFields": [written(*(authored or ["metadata"]))]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {**metadata, **(meta or {})},
        "spec": spec,
    }


def whole_claim(meta: Json | None = None, **spec: Any) -> Json:
    """A claim that names size and access modes."""
    return claim(meta, **{"resources": {"requests": {"storage": "5Gi"}}, "accessModes": ["ReadWriteOnce"], **spec})


def volume(meta: Json | None = None, **spec: Any) -> Json:
    """A static NFS volume on the managed export, reserved for the claim `data`."""
    whole = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteMany"],
        "claimRef": {"namespace": TEAM, "name": "data"},
        **({} if "csi" in spec or "hostPath" in spec else {"nfs": {"server": SERVER, "path": f"{EXPORT}/team-a/x"}}),
        **spec,
    }
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv", **(meta or {})}, "spec": whole}


def pod(*volumes: Json, meta: Json | None = None, **spec: Any) -> Json:
    """A Pod with these volumes, named v0, v1, …"""
    named = [{"name": f"v{index}", **each} for index, each in enumerate(volumes)]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": TEAM, **(meta or {})},
        "spec": {"containers": [{"name": "c", "image": "i"}], **({"volumes": named} if named else {}), **spec},
    }


def nfs(path: str = f"{EXPORT}/{TEAM}/x", server: str = SERVER, **rest: Any) -> Json:
    """An inline `nfs:` volume."""
    return {"nfs": {"server": server, "path": path, **rest}}


def inline_csi(path: str = f"{EXPORT}/{TEAM}/x", server: str = SERVER, **attributes: str) -> Json:
    """An inline volume of the NFS CSI driver."""
    volume_attributes = {"server": server, "share": path, **attributes}
    return {"csi": {"driver": keys.NFS_CSI_DRIVER, "volumeAttributes": volume_attributes}}


def ephemeral(meta: Json | None = None, **spec: Any) -> Json:
    """A generic ephemeral volume."""
    return {"ephemeral": {"volumeClaimTemplate": {**({"metadata": meta} if meta else {}), "spec": spec}}}


def request(obj: Json | None, kind: str | None = None, **fields: Any) -> Json:
    """The request of a review on CREATE of `obj`."""
    meta = (obj or {}).get("metadata")
    meta = meta if isinstance(meta, dict) else {}
    whole = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "", "version": "v1", "kind": kind or (obj or {}).get("kind")},
        "operation": "CREATE",
        "name": meta.get("name"),
        "object": obj,
        "oldObject": None,
        "dryRun": False,
        **({"namespace": meta["namespace"]} if "namespace" in meta else {}),
        **fields,
    }
    return {key: value for key, value in whole.items() if value is not None or key in ("object", "oldObject")}


def review(obj: Json | None, kind: str | None = None, **fields: Any) -> bytes:
    """A whole review, as it is sent."""
    envelope = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request(obj, kind, **fields)}
    return json.dumps(envelope).encode()
