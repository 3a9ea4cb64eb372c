"""Sizes that nothing holds."""

import pytest

from controller.doctor.observed import Observed
from policy import keys
from policy.parameters import QuotaKind
from policy.shapes import Json
from tests.controller.doctor.objects import (
    export,
    folder,
    policy,
    says,
    seen,
    storage_class,
    table,
    told,
    trial,
    volume,
)

PEER = "k8s-sigs.io/nfs-subdir-external-provisioner"
SERVED = policy(f"{{profiles: [{{name: default}}], exports: [{{server: a, path: /x}}], provisionerName: {PEER}}}")
LOCAL = policy(
    """
    exports: [{name: main, server: 10.0.0.5, path: /nfs/data, local: {path: /srv, nodeSelector: {a: b}}}]
    profiles: [{name: default}]
    """
)
SIZED = storage_class(parameters={"quota": "project"}, allowVolumeExpansion=True)
BECAUSE = {QuotaKind.PROJECT: "quota: project cannot be had on this export: xfs mounted without prjquota"}


def made(name: str, *, held: bool, by: str = keys.PROVISIONER) -> Json:
    """A volume of class `nfs`."""
    marks = {keys.PROVISIONED_BY: by, **({keys.HELD_BY: "project"} if held else {})}
    found = volume(name, storageClassName="nfs")
    return {**found, "metadata": {**found["metadata"], "annotations": marks}}


def sized(**parts: object) -> Observed:
    return seen(**{"policy": LOCAL, "classes": (SIZED,), **parts})


@pytest.mark.parametrize(
    ("check", "observed", "phrases"),
    [
        pytest.param("size-not-enforced", seen(classes=(storage_class(),)), [], id="a class that does not expand"),
        pytest.param(
            "size-not-enforced",
            seen(classes=(storage_class(allowVolumeExpansion=True),)),
            ["note: class nfs: It says allowVolumeExpansion"],
            id="a class that expands",
        ),
        pytest.param(
            "size-not-enforced",
            seen(classes=(storage_class(provisioner=PEER, allowVolumeExpansion=True),), policy=SERVED),
            ["note: class nfs"],
            id="a class of the second name that expands",
        ),
        pytest.param("size-not-enforced", sized(), [], id="a class with limits"),
        pytest.param("size-not-enforced", sized(volumes=(made("v", held=True),)), [], id="a volume with a limit"),
        pytest.param(
            "size-not-enforced",
            sized(volumes=(made("v", held=True), made("old", held=False))),
            ["note: volume old: It was made before its class had claims held to their size"],
            id="a volume that is older than the limits",
        ),
        pytest.param(
            "size-not-enforced", sized(volumes=(made("v", held=False, by="x/y"),)), [], id="somebody else's volume"
        ),
        pytest.param("limit-impossible", sized(exports=(export(),)), [], id="a file system that can"),
        pytest.param(
            "limit-impossible",
            sized(exports=(export(no_limits=BECAUSE),)),
            ["error: export main (/mnt): Class nfs wants limits: quota: project cannot be had on this export: xfs"],
            id="one that cannot",
        ),
        pytest.param(
            "limit-impossible",
            seen(policy=LOCAL, classes=(storage_class(),), exports=(export(no_limits=BECAUSE),)),
            [],
            id="nobody wants limits",
        ),
        pytest.param("root-escapes-limits", sized(exports=(export(trial=trial(owner=65534)),)), [], id="squashed"),
        pytest.param(
            "root-escapes-limits",
            sized(exports=(export(trial=trial()),)),
            ["which does not hold for root where the export lies on ext4. root_squash on the server"],
            id="root is root through NFS",
        ),
        pytest.param(
            "root-escapes-limits",
            sized(exports=(export(trial=trial(), root=folder(file_system="ext4")),)),
            [],
            id="root is root on the server itself",
        ),
        pytest.param(
            "root-escapes-limits",
            sized(tables=(table("/nfs/data a(rw,no_root_squash) b(rw)", _nfs_data=folder(file_system="ext4")),)),
            ["warning: exports:1: no_root_squash, and class nfs says quota: project. root_squash"],
            id="ext4, by the export table",
        ),
        pytest.param(
            "root-escapes-limits",
            sized(tables=(table("/nfs/data a(rw,no_root_squash)", _nfs_data=folder(file_system="xfs")),)),
            [],
            id="XFS, by the export table",
        ),
        pytest.param(
            "root-escapes-limits",
            sized(tables=(table("/nfs/data a(rw,no_root_squash)"),), exports=(export(root=folder(file_system="xfs")),)),
            [],
            id="XFS, as it is mounted",
        ),
        pytest.param(
            "root-escapes-limits", sized(tables=(table("/other a(rw,no_root_squash)"),)), [], id="another folder"
        ),
        pytest.param(
            "root-escapes-limits",
            seen(policy=LOCAL, classes=(storage_class(),), tables=(table("/nfs/data a(no_root_squash)"),)),
            [],
            id="no limits",
        ),
        pytest.param(
            "root-escapes-limits",
            seen(classes=(SIZED,), tables=(table("/nfs/data a(no_root_squash)"),)),
            [],
            id="a class that is refused",
        ),
    ],
)
def test_sizes(check: str, observed: Observed, phrases: list[str]) -> None:
    assert says(told(check, observed), *phrases)
