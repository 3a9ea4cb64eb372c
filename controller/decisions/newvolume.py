"""The volume that a claim gets, as it is sent to the API."""

from collections.abc import Sequence
from dataclasses import dataclass

from policy import keys
from policy.ending import Ending, ending_marks
from policy.exports import Segments, directory_path
from policy.model import Export
from policy.ownership import Ownership
from policy.parameters import ClassParameters, OnDelete, QuotaKind
from policy.shapes import Json, sequence, text


@dataclass(frozen=True, slots=True)
class Plan:
    """What a volume is made from. `gid`: the group that was asked for the directory; `parameters`: the class's."""

    claim: Json
    storage_class: str
    export: Export
    segments: Segments
    mount_options: Sequence[str]
    gid: int
    parameters: ClassParameters


def volume_name(claim_uid: str) -> str:
    """The name of a claim's volume: one for each claim that ever was, and the same however often it is worked out."""
    return f"pvc-{claim_uid}"


def new_volume(plan: Plan, directory: Ownership) -> Json:
    """The PersistentVolume for a claim, with a directory that is there already.

    `claimRef` carries the uid, so that no later claim of the same name gets it; the claim itself is left to the binder.
    The gid annotation makes a kubelet add the directory's group to every Pod that mounts it, so it is only there when
    the directory has that group, and never for root's. What becomes of the data is written on the volume, since its
    class may be gone by then; one that goes with its claim is held by our finalizer until its data is dealt with.
    """
    claim = plan.claim
    uid = text(claim, "metadata", "uid") or ""
    retained = plan.parameters.on_delete is OnDelete.RETAIN
    metadata = {"name": volume_name(uid), "annotations": _annotations(plan, directory)}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": metadata if retained else {**metadata, "finalizers": [keys.DATA_FINALIZER]},
        "spec": {
            "accessModes": list(sequence(claim, "spec", "accessModes")),
            "capacity": {"storage": text(claim, "spec", "resources", "requests", "storage")},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": text(claim, "metadata", "namespace"),
                "name": text(claim, "metadata", "name"),
                "uid": uid,
            },
            "mountOptions": list(plan.mount_options),
            "nfs": {"server": plan.export.server, "path": directory_path(plan.export, plan.segments)},
            "persistentVolumeReclaimPolicy": "Retain" if retained else "Delete",
            "storageClassName": plan.storage_class,
            "volumeMode": "Filesystem",
        },
    }


def _annotations(plan: Plan, directory: Ownership) -> dict[str, str]:
    said = plan.parameters
    marks = {keys.PROVISIONED_BY: keys.PROVISIONER, **ending_marks(Ending(said.on_delete, said.archive_for))}
    if said.shared:
        marks[keys.SHARED] = keys.SHARED_TRUE
    if said.quota is not QuotaKind.NONE:
        marks[keys.HELD_BY] = said.quota.value
    if plan.gid and directory.gid == plan.gid:
        marks[keys.VOLUME_GID] = str(plan.gid)
    return marks
