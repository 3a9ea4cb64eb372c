"""Controllers that do not run, and ones that should not."""

import pytest

from controller.doctor.observed import Observed
from policy.shapes import Json
from tests.controller.doctor.objects import lease, policy, says, seen, told

CLUSTER, MAIN = lease("nfs-steward-cluster"), lease("nfs-steward-export-main")
PEER = "example.com/nfs"
SERVED = policy(f"{{profiles: [{{name: default}}], exports: [{{server: a, path: /x}}], provisionerName: {PEER}}}")


def deployment(provisioner: str, replicas: int = 1) -> Json:
    container = {"env": [{"name": "NFS_PATH", "value": "/x"}, {"name": "PROVISIONER_NAME", "value": provisioner}]}
    spec = {"replicas": replicas, "template": {"spec": {"containers": [{}, container]}}}
    return {"metadata": {"namespace": "storage", "name": "peer"}, "spec": spec}


@pytest.mark.parametrize(
    ("check", "observed", "phrases"),
    [
        pytest.param("lease-unheld", seen(leases=(CLUSTER, MAIN)), [], id="all lead"),
        pytest.param(
            "lease-unheld",
            seen(leases=(CLUSTER,)),
            ["Lease nfs-steward/nfs-steward-export-main: There is none"],
            id="no controller of an export has ever led",
        ),
        pytest.param(
            "lease-unheld",
            seen(leases=(lease("nfs-steward-cluster", renewed=False), MAIN)),
            ["nfs-steward-cluster: Nobody renews it"],
            id="the holder is gone",
        ),
        pytest.param(
            "lease-unheld",
            seen(leases=(lease("nfs-steward-cluster", holder=""), MAIN)),
            ["Nobody"],
            id="it was given back",
        ),
        pytest.param(
            "lease-unheld",
            seen(leases=(lease("nfs-steward-cluster", "elsewhere"), MAIN)),
            ["There is none"],
            id="another namespace's does not count",
        ),
        pytest.param("second-installation", seen(leases=(CLUSTER, MAIN)), [], id="one installation"),
        pytest.param(
            "second-installation",
            seen(leases=(CLUSTER, lease("nfs-steward-cluster", "other"))),
            ["namespace other: A second nfs-steward"],
            id="two",
        ),
        pytest.param(
            "second-installation",
            seen(leases=(CLUSTER, lease("nfs-steward-cluster", "other", renewed=False))),
            [],
            id="another that has ended",
        ),
        pytest.param(
            "second-provisioner",
            seen(deployments=(deployment(PEER),), policy=SERVED),
            ["Deployment storage/peer"],
            id="peer",
        ),
        pytest.param("second-provisioner", seen(deployments=(deployment(PEER),)), [], id="whose name we do not have"),
        pytest.param(
            "second-provisioner",
            seen(deployments=(deployment(PEER, replicas=0),), policy=SERVED),
            [],
            id="that is stopped",
        ),
        pytest.param(
            "second-provisioner",
            seen(leases=(lease("example.com-nfs", "storage"),), policy=SERVED),
            ["Lease storage/example.com-nfs: Another program provisions as example.com/nfs"],
            id="that is known by its Lease",
        ),
    ],
)
def test_controllers(check: str, observed: Observed, phrases: list[str]) -> None:
    assert says(told(check, observed), *phrases)
