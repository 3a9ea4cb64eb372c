"""Who is found to run a provisioner, and how to stop them."""

import pytest

from controller.adoption.running import Runner, runners
from policy.shapes import Json

from .objects import CSI, SUBDIR, csi_containers, deployment, pod, subdir_containers

DEPLOYMENT = Runner("default", "Deployment", "nfs-client-provisioner")


@pytest.mark.parametrize(
    ("provisioner", "deployments", "pods", "found"),
    [
        pytest.param(SUBDIR, [deployment(subdir_containers())], [], [DEPLOYMENT], id="a Deployment"),
        pytest.param(SUBDIR, [deployment(subdir_containers(), None)], [], [DEPLOYMENT], id="of as many as usual"),
        pytest.param(SUBDIR, [deployment(subdir_containers(), 0)], [], [], id="a Deployment that was stopped"),
        pytest.param(SUBDIR, [deployment(subdir_containers("other/name"))], [], [], id="another provisioner"),
        pytest.param(SUBDIR, [deployment(csi_containers())], [], [], id="a CSI driver"),
        pytest.param(
            SUBDIR,
            [deployment(subdir_containers(), 0)],
            [pod(subdir_containers(), ("ReplicaSet", "nfs-client-provisioner-6d5f"), **{"pod-template-hash": "6d5f"})],
            [DEPLOYMENT],
            id="the last Pod of a Deployment that was stopped",
        ),
        pytest.param(
            SUBDIR,
            [deployment(subdir_containers())],
            [pod(subdir_containers(), ("ReplicaSet", "nfs-client-provisioner-6d5f"), **{"pod-template-hash": "6d5f"})],
            [DEPLOYMENT],
            id="a Deployment and its Pod are one",
        ),
        pytest.param(
            SUBDIR,
            [],
            [pod(subdir_containers(), ("StatefulSet", "nfs"))],
            [Runner("default", "StatefulSet", "nfs")],
            id="a StatefulSet",
        ),
        pytest.param(SUBDIR, [], [pod(subdir_containers())], [Runner("default", "Pod", "a-pod")], id="a Pod by itself"),
        pytest.param(SUBDIR, [], [pod(subdir_containers(), phase="Failed")], [], id="a Pod that has ended"),
        pytest.param(CSI, [deployment(csi_containers())], [], [DEPLOYMENT], id="the CSI driver's controller"),
        pytest.param(
            CSI,
            [],
            [pod(csi_containers("k8s.io/csi-node-driver-registrar:v2", "k8s.io/nfsplugin:v4"), ("DaemonSet", "node"))],
            [],
            id="the CSI driver's node part stays",
        ),
        pytest.param(
            CSI, [deployment(csi_containers("k8s.io/csi-provisioner:v6", "smbplugin:v1"))], [], [], id="another driver"
        ),
    ],
)
def test_what_keeps_a_provisioner_running_is_found(
    provisioner: str, deployments: list[Json], pods: list[Json], found: list[Runner]
) -> None:
    assert runners(provisioner, deployments, pods) == tuple(found)


@pytest.mark.parametrize(
    ("runner", "command"),
    [
        pytest.param(
            DEPLOYMENT, "kubectl -n default scale deployment nfs-client-provisioner --replicas=0", id="scaled"
        ),
        pytest.param(Runner("nfs", "Pod", "a"), "kubectl -n nfs delete pod a", id="deleted"),
    ],
)
def test_the_command_that_stops_it_is_said(runner: Runner, command: str) -> None:
    assert runner.stop == command
