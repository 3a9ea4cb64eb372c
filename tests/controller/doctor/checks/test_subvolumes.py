"""Subvolumes that no Pod can mount."""

import pytest

from controller.doctor.observed import Observed
from policy.model import Policy
from policy.shapes import Json
from tests.controller.doctor.objects import policy, says, seen, storage_class, told


def local(export: str = "", default: str = "", other: str = "") -> Policy:
    """A policy of two profiles; each of these is a mount option, or nothing."""
    return policy(
        f"""
        exports:
        - {{name: main, server: a, path: /x, mountOptions: [{export}], local: {{path: /srv, nodeSelector: {{a: b}}}}}}
        profiles: [{{name: default, mountOptions: [{default}]}}, {{name: other, mountOptions: [{other}]}}]
        """
    )


def subvolumes(*options: str, name: str = "nfs") -> Json:
    return storage_class(name, parameters={"quota": "btrfs"}, mountOptions=list(options))


def looked_at(*classes: Json, **of_policy: str) -> Observed:
    return seen(policy=local(**of_policy), classes=classes)


@pytest.mark.parametrize(
    ("check", "observed", "phrases"),
    [
        pytest.param("subvolume-over-old-nfs", looked_at(subvolumes()), [], id="no version"),
        pytest.param("subvolume-over-old-nfs", looked_at(subvolumes("nfsvers=4.1")), [], id="NFSv4"),
        *(
            pytest.param(
                "subvolume-over-old-nfs",
                looked_at(subvolumes(spelling)),
                ["error: class nfs: Its mount options say NFSv3, and on export main class nfs says quota: btrfs."],
                id=spelling,
            )
            for spelling in ("nfsvers=3", "vers=3", "v3", "hard,nfsvers=3")
        ),
        pytest.param(
            "subvolume-over-old-nfs", looked_at(subvolumes("nfsvers=3.0")), [], id="a version with which none is made"
        ),
        pytest.param(
            "subvolume-over-old-nfs",
            looked_at(subvolumes(), subvolumes(name="more"), export="vers=3"),
            ["export main: Its mount options say NFSv3, and on export main class nfs, more says"],
            id="the export",
        ),
        pytest.param(
            "subvolume-over-old-nfs",
            looked_at(subvolumes(), export="nfsvers=4.2", other="v3"),
            ["profile other: Its"],
            id="a profile",
        ),
        pytest.param(
            "subvolume-over-old-nfs",
            looked_at(subvolumes(), export="v3", default="v4.1", other="v4.2"),
            ["export main: Its"],
            id="the export, for namespaces that no profile holds for",
        ),
        pytest.param(
            "subvolume-over-old-nfs",
            looked_at(subvolumes("nfsvers=4"), export="nfsvers=3", default="v3"),
            [],
            id="the class has the last word",
        ),
        pytest.param(
            "subvolume-over-old-nfs",
            looked_at(storage_class(parameters={"quota": "project"}, mountOptions=["nfsvers=3"])),
            [],
            id="a file system that has no subvolumes",
        ),
        pytest.param(
            "subvolume-over-old-nfs", looked_at(storage_class(mountOptions=["nfsvers=3"])), [], id="nothing is limited"
        ),
    ],
)
def test_subvolumes(check: str, observed: Observed, phrases: list[str]) -> None:
    assert says(told(check, observed), *phrases)
