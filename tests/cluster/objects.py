"""Objects as people write them, in short."""

from typing import Any

from policy.shapes import Json, sequence, text
from testbed.control_plane import HOST_IN_GUEST
from testbed.export import PATH

SERVER = HOST_IN_GUEST
"""The NFS server of every export here, as the node knows it."""

SLOW, DEAD, OWN_PATH = "/nfs/slow", "/nfs/dead", "/nfs/own"
"""Exports whose controllers do not run, unless a test starts one: what waits for them stays as it was created."""

NOWHERE = {"test/nowhere": "true"}
"""A nodeSelector that no node has: the Pod exists and is never scheduled."""

SIZE: Json = {"resources": {"requests": {"storage": "1Gi"}}}
MODES: Json = {"accessModes": ["ReadWriteMany"]}


def claim(name: str, namespace: str | None = None, *, meta: Json | None = None, **spec: Any) -> Json:
    """A claim with just this spec."""
    return _object("PersistentVolumeClaim", name, namespace, meta, spec)


def whole_claim(name: str, namespace: str | None = None, *, meta: Json | None = None, **spec: Any) -> Json:
    """A claim that names a size and access modes; `spec` is laid over them."""
    return claim(name, namespace, meta=meta, **{**SIZE, **MODES, **spec})


def volume(name: str, source: Json, *, reserved_for: tuple[str, str] | None = None, **rest: Any) -> Json:
    """A static volume; `reserved_for`: the namespace and name of a claim."""
    meta, spec = rest.pop("meta", None), {"capacity": {"storage": "1Gi"}, **MODES, **source, **rest}
    if reserved_for:
        spec["claimRef"] = dict(zip(("namespace", "name"), reserved_for, strict=True))
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    return _object("PersistentVolume", name, None, meta, spec)


def pod(name: str, namespace: str | None = None, *volumes: Json, meta: Json | None = None, **spec: Any) -> Json:
    """A Pod with one container that mounts these volumes, named v0, v1, …, each below /mnt."""
    container = {
        "name": "c",
        "image": "localhost/bb:1",
        "imagePullPolicy": "Never",
        "command": ["sleep", "1000000"],
        "volumeMounts": [{"name": f"v{index}", "mountPath": f"/mnt/v{index}"} for index in range(len(volumes))],
        **spec.pop("container", {}),
    }
    named = [{"name": f"v{index}", **each} for index, each in enumerate(volumes)]
    whole = {"terminationGracePeriodSeconds": 0, "containers": [container], "volumes": named, **spec}
    return _object("Pod", name, namespace, meta, whole)


def nfs(path: str, export: str = PATH, server: str = SERVER) -> Json:
    """An inline volume, or the source of a static one, at `path` below an export's."""
    return {"nfs": {"server": server, "path": f"{export}/{path}"}}


def template(meta: Json | None = None, **spec: Any) -> Json:
    """A generic ephemeral volume."""
    return {"ephemeral": {"volumeClaimTemplate": {"spec": spec, **({"metadata": meta} if meta else {})}}}


def gates(pod: Json) -> list[str]:
    """The scheduling gates of a Pod, in order."""
    return [gate["name"] for gate in sequence(pod, "spec", "schedulingGates")]


def is_scheduled(pod: Json) -> bool:
    """Whether a Pod has its node, or the scheduler says so."""
    conditions = {each["type"]: each["status"] for each in sequence(pod, "status", "conditions")}
    return bool(text(pod, "spec", "nodeName")) or conditions.get("PodScheduled") == "True"


def phase(obj: Json) -> str | None:
    """The phase that a claim, a volume or a Pod is in."""
    return text(obj, "status", "phase")


def _object(kind: str, name: str, namespace: str | None, meta: Json | None, spec: Json) -> Json:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **(meta or {})}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}
