"""What an examination might see, in short."""

from datetime import UTC, datetime, timedelta
from typing import Any

from controller.doctor.exportstable import read_table
from controller.doctor.leases import LeaseSeen
from controller.doctor.observed import ExportSeen, Observed, TableSeen
from controller.doctor.registry import CHECKS
from controller.export.surveying import FolderSeen
from controller.export.trying import SOMEBODY, WriteTrial
from kube.leaserecord import LeaseRecord
from policy import keys
from policy.load import load_policy
from policy.model import Policy
from policy.ownership import Ownership
from policy.shapes import Json

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)

POLICY = load_policy(
    """
    exports:
    - {name: main, server: 10.0.0.5, path: /nfs/data}
    profiles:
    - {name: default, storageClassName: nfs}
    - {name: silent}
    """,
    "test",
)


def seen(**parts: Any) -> Observed:
    """Everything that is not named is empty; the policy is `POLICY`."""
    return Observed(NOW, **{"policy": POLICY, **parts})


def policy(text: str) -> Policy:
    """A policy; `text` is YAML."""
    return load_policy(text, "test")


def told(check: str, observed: Observed) -> list[str]:
    """What a check says of what was observed: where, what and the way out, a line for each finding."""
    (found,) = (each for each in CHECKS if each.name == check)
    return [f"{each.level}: {each.where}: {each.what} {each.mend}" for each in found.find(observed)]


def says(lines: list[str], *phrases: str) -> bool:
    """Whether there is one line for each phrase that holds it, in this order, and no other."""
    return len(lines) == len(phrases) and all(phrase in line for phrase, line in zip(phrases, lines, strict=True))


def storage_class(name: str = "nfs", provisioner: str = keys.PROVISIONER, **fields: Any) -> Json:
    return {
        "metadata": {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "provisioner": provisioner,
        **fields,
    }


def default_class(name: str, created: str) -> Json:
    marks = {keys.DEFAULT_CLASS_ANNOTATIONS[0]: "true"}
    metadata = {"name": name, "creationTimestamp": created, "annotations": marks}
    return {"metadata": metadata, "provisioner": "example.com/other"}


def namespace(name: str = "team", **marks: str) -> Json:
    """An opted-in namespace; `marks` are further labels of ours, by the last part of their keys."""
    labels = {keys.INJECT: keys.INJECT_ENABLED, **{f"{keys.GROUP}/{key}": value for key, value in marks.items()}}
    return {"metadata": {"name": name, "labels": labels}}


def volume(name: str = "v", path: str = "/nfs/data/v", phase: str = "Bound", **spec: Any) -> Json:
    return {
        "metadata": {"name": name, "uid": f"{name}-uid"},
        "spec": {"nfs": {"server": "10.0.0.5", "path": path}, "accessModes": ["ReadWriteMany"], **spec},
        "status": {"phase": phase},
    }


def claim(waited: float = 3600, phase: str = "Pending", annotations: Json | None = None, **spec: Any) -> Json:
    """A claim `team/c` that was made so many seconds ago."""
    created = (NOW - timedelta(seconds=waited)).isoformat()
    metadata = {"namespace": "team", "name": "c", "creationTimestamp": created, "annotations": annotations or {}}
    return {"metadata": metadata, "spec": spec, "status": {"phase": phase}}


def event(
    message: str, when: str = "2026-05-01T11:59:00Z", kind: str = "PersistentVolumeClaim", name: str = "c"
) -> Json:
    """A Warning about an object in namespace `team`."""
    about = {"kind": kind, "namespace": "team", "name": name}
    return {"metadata": {"namespace": "team"}, "involvedObject": about, "message": message, "lastTimestamp": when}


def lease(name: str, namespace: str = "nfs-steward", holder: str = "pod-1", *, renewed: bool = True) -> LeaseSeen:
    return LeaseSeen(namespace, name, LeaseRecord(holder, "2026-05-01T12:00:00Z", 0, 15.0), renewed)


def folder(mode: int = 0o755, uid: int = 0, file_system: str = "nfs4") -> FolderSeen:
    return FolderSeen(Ownership(mode, uid, 0), file_system)


def trial(
    uid: int = 0, owner: int = 0, others: int | None = SOMEBODY, *, gives_owner: bool = True, gives_group: bool = True
) -> WriteTrial:
    """What `uid` made belonged to `owner`, what somebody else made to `others`."""
    made_by_others = None if others is None else (others, others)
    return WriteTrial(
        ".nfs-steward/doctor-1", uid, (owner, owner), made_by_others, gives_owner, gives_group, NOW.timestamp()
    )


def export(**parts: Any) -> ExportSeen:
    """The export `main`, at /mnt, which is NFS."""
    return ExportSeen("main", "/mnt", **{"root": folder(), **parts})


def table(text: str, **folders: FolderSeen) -> TableSeen:
    """An export table; `folders` by path, with `_` for `/`."""
    return TableSeen("exports", read_table(text), {path.replace("_", "/"): seen for path, seen in folders.items()})
