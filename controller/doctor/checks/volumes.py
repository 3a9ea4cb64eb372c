"""Volumes that may lose data."""

from collections.abc import Iterator

from controller.doctor.findings import Finding, Level
from controller.doctor.nfsvolumes import nfs_volumes
from controller.doctor.observed import Observed
from policy import keys
from policy.cautions import policy_warnings
from policy.mountoptions import risk_of_loss
from policy.shapes import Json, annotations, sequence, text


def recycled(observed: Observed) -> Iterator[Finding]:
    """NFS volumes with the reclaim policy `Recycle`."""
    for volume, _ in nfs_volumes(observed.volumes):
        if text(volume, "spec", "persistentVolumeReclaimPolicy") == "Recycle":
            yield Finding(
                Level.WARNING,
                _where(volume),
                "Its reclaim policy is Recycle.",
                "When its claim is deleted, a Pod of the cluster's own runs rm -rf on everything in it, with no way "
                "back; Kubernetes has deprecated that.",
                f'kubectl patch pv {_name(volume)} -p \'{{"spec":{{"persistentVolumeReclaimPolicy":"Retain"}}}}\'',
            )


def soft_volume(observed: Observed) -> Iterator[Finding]:
    """Writable NFS volumes and classes that are mounted `soft`."""
    for volume, _ in nfs_volumes(observed.volumes):
        if set(sequence(volume, "spec", "accessModes")) != {"ReadOnlyMany"} and _is_soft(_options(volume)):
            yield _soft(_where(volume), f"kubectl edit pv {_name(volume)}: hard instead of soft among mountOptions.")
    for each in observed.ours:
        if _is_soft(sequence(each, "mountOptions")):
            name = text(each, "metadata", "name")
            way_out = "its mountOptions cannot be changed: delete the class and make it anew with hard."
            yield _soft(f"class {name}", f"kubectl get storageclass {name} -o yaml; {way_out}")


def policy_cautions(observed: Observed) -> Iterator[Finding]:
    """What is allowed in a policy and rarely meant."""
    for sentence in policy_warnings(observed.policy):
        yield Finding(
            Level.WARNING,
            "policy",
            f"{sentence}.",
            "It holds for every volume of the namespaces that get this profile.",
            "Change the chart's values; nfs-steward policy check FILE tells the same of a file.",
        )


def policy_refused(observed: Observed) -> Iterator[Finding]:
    """The policy that is installed is no valid one."""
    if observed.policy_problem:
        yield Finding(
            Level.ERROR,
            "policy",
            observed.policy_problem,
            "Programs that run keep their last good policy; one that starts now cannot.",
            "Mend it in the chart's values, and install again.",
        )


def _soft(where: str, mend: str) -> Finding:
    return Finding(
        Level.WARNING,
        where,
        "It is mounted soft, and may be written to.",
        "When the server is slow, a write fails that the program was told of as done: data is lost (nfs(5)).",
        mend,
    )


def _is_soft(options: object) -> bool:
    return isinstance(options, list | tuple) and risk_of_loss([str(each) for each in options]) is not None


def _options(volume: Json) -> list[str]:
    legacy = annotations(volume).get(keys.LEGACY_MOUNT_OPTIONS_ANNOTATION)
    return [str(each) for each in sequence(volume, "spec", "mountOptions")] + (legacy.split(",") if legacy else [])


def _where(volume: Json) -> str:
    return f"volume {_name(volume)}"


def _name(volume: Json) -> str:
    return text(volume, "metadata", "name") or ""
