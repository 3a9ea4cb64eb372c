"""Sizes that nothing holds, though somebody may think so."""

from collections.abc import Iterator
from typing import Final

from controller.doctor.checks.tables import grants
from controller.doctor.findings import Finding, Level
from controller.doctor.nfsvolumes import nfs_volumes
from controller.doctor.observed import Observed
from controller.doctor.squash import Squash, squash_of
from controller.doctor.wording import named
from policy import keys
from policy.errors import ParametersRefused
from policy.parameters import QuotaKind, read_parameters
from policy.shapes import Json, annotations, text

_LETS_ROOT: Final = "ext4"
"""The file system that asks nobody who has CAP_SYS_RESOURCE, as root of a client has with `no_root_squash`."""


def not_enforced(observed: Observed) -> Iterator[Finding]:
    """Claims can grow that nothing holds to their size in the first place; or volumes are older than the limits."""
    classes = {text(each, "metadata", "name") or "": each for each in observed.ours}
    free = [name for name, each in classes.items() if each.get("allowVolumeExpansion") and not _quota(each, observed)]
    if free:
        yield Finding(
            Level.NOTE,
            f"class {named(free)}",
            "It says allowVolumeExpansion: true, and sizes are not enforced on its exports.",
            "A claim's size is a figure for quotas: its Pods can write more than that, before and after it grows.",
            "Nothing has to be done. Where sizes must hold, and the NFS server is a node of the cluster: "
            "exports[].local, and a class with quota.",
        )
    limiting = {name for name, each in classes.items() if _quota(each, observed)}
    older = sorted(text(volume, "metadata", "name") or "" for volume in _without_limit(observed, limiting))
    if older:
        yield Finding(
            Level.NOTE,
            f"volume {named(older)}",
            "It was made before its class had claims held to their size, and has no limit.",
            "Its Pods can write more than the claim's size.",
            "Nothing has to be done. For a limit: make a claim with this one as its dataSource, and use that.",
        )


def cannot_be_had(observed: Observed) -> Iterator[Finding]:
    """A class wants limits that the file system of its export cannot keep."""
    for export in observed.exports:
        for quota, names in wanted_on(export.name, observed).items():
            why = export.no_limits.get(quota)
            if why:
                yield Finding(
                    Level.ERROR,
                    str(export),
                    f"Class {named(names)} wants limits: {why}.",
                    "No volume is made for claims of such a class.",
                    "What each file system needs: docs/administrators.md, Sizes that hold; or a class without quota.",
                )


def root_escapes(observed: Observed) -> Iterator[Finding]:
    """Root of clients is root on an ext4, and may write more than the limits there."""
    kinds = {export.name: export.root.file_system for export in observed.exports if export.root}
    for managed in observed.policy.exports:
        names = wanted_on(managed.name, observed).get(QuotaKind.PROJECT)
        if not names:
            continue
        for place, kind in _root_is_root(managed.name, managed.path, observed):
            known = kind or kinds.get(managed.name, "")
            if known == _LETS_ROOT or not known or known.startswith("nfs"):
                yield _escapes(place, names, known == _LETS_ROOT)


def _root_is_root(name: str, path: str, observed: Observed) -> Iterator[tuple[str, str]]:
    """Where it is seen that root of a client is root on an export; its file system, empty where that is not seen."""
    for export in observed.exports:
        through_nfs = export.name == name and export.root and export.root.is_remote
        if through_nfs and export.trial and squash_of(export.trial) is Squash.NOBODY:
            yield str(export), ""
    folders = [table.folders[path] for table in observed.tables if path in table.folders]
    for grant in grants(observed):
        if grant.folder == path and not grant.options.squashes_root:
            yield grant.where, folders[0].file_system if folders else ""


def _escapes(place: str, names: list[str], certain: bool) -> Finding:
    return Finding(
        Level.WARNING,
        place,
        f"no_root_squash, and class {named(names)} says quota: project"
        + ("." if certain else ", which does not hold for root where the export lies on ext4."),
        "On ext4 no limit holds for root: a Pod that runs as root can write until the file system is full.",
        "root_squash on the server, and exportfs -ra; or XFS, whose limits hold for everybody.",
    )


def wanted_on(export: str, observed: Observed) -> dict[QuotaKind, list[str]]:
    """Which classes want which limits on an export."""
    found: dict[QuotaKind, list[str]] = {}
    for each in observed.ours:
        try:
            said = read_parameters(each, observed.policy)
        except ParametersRefused:
            continue
        if said.quota is not QuotaKind.NONE and export in said.exports:
            found.setdefault(said.quota, []).append(text(each, "metadata", "name") or "")
    return found


def _quota(storage_class: Json, observed: Observed) -> bool:
    """Whether claims of a class are held to their size."""
    try:
        return read_parameters(storage_class, observed.policy).quota is not QuotaKind.NONE
    except ParametersRefused:
        return False


def _without_limit(observed: Observed, classes: set[str]) -> Iterator[Json]:
    for volume, _ in nfs_volumes(observed.volumes):
        marks = annotations(volume)
        ours = marks.get(keys.PROVISIONED_BY) == keys.PROVISIONER
        if ours and text(volume, "spec", "storageClassName") in classes and keys.HELD_BY not in marks:
            yield volume
