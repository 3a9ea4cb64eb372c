"""The design's row about volumes: mount options, where none are set."""

from collections.abc import Callable

import pytest

from policy import keys
from policy.shapes import Json
from webhook.cluster import StillCluster

from .asking import decide, fills, result, why_kept
from .objects import EXPORT, SERVER, claim, inline_csi, volume

ClusterWith = Callable[..., StillCluster]

OPTIONS = "spec.mountOptions"
MERGED = ["nfsvers=4.1", "nconnect=4", "hard", "noatime"]


def csi_volume(driver: str = keys.NFS_CSI_DRIVER) -> Json:
    return volume(csi={**inline_csi()["csi"], "driver": driver, "volumeHandle": "x"})


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param(volume(), id="nfs"),
        pytest.param(csi_volume(), id="csi"),
        pytest.param(volume(mountOptions=[]), id="an empty list"),
        pytest.param(volume(mountOptions=None), id="null"),
    ],
)
def test_a_volume_without_mount_options_gets_the_exports_then_the_profiles(cluster: StillCluster, obj: Json) -> None:
    assert result(cluster, obj)["spec"]["mountOptions"] == MERGED


def test_the_claims_allowed_requests_go_over_both(cluster_with: ClusterWith) -> None:
    asking = claim({"annotations": {keys.MOUNT_OPTIONS: "rsize=65536,suid"}})
    decision = decide(cluster_with(claims=(asking,)), volume())
    assert fills(decision)[OPTIONS] == [*MERGED, "rsize=65536"]


def test_on_no_managed_export_only_the_profiles_options_count(cluster: StillCluster) -> None:
    obj = volume(nfs={"server": "elsewhere", "path": "/x"})
    assert fills(decide(cluster, obj))[OPTIONS] == ["hard", "noatime"]


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param(volume(mountOptions=["soft"]), id="options"),
        pytest.param(volume({"annotations": {keys.LEGACY_MOUNT_OPTIONS_ANNOTATION: "soft"}}), id="legacy annotation"),
        pytest.param(volume({"annotations": {keys.FILLED: OPTIONS}}), id="filled in by an earlier pass"),
        pytest.param(volume(hostPath={"path": "/x"}), id="not NFS"),
        pytest.param(csi_volume("ebs.csi.aws.com"), id="another CSI driver"),
        pytest.param(volume(nfs={"server": SERVER, "path": "/nfs"}), id="above the managed export"),
        pytest.param(volume(nfs={"server": SERVER, "path": f"{EXPORT}/../x"}), id="a path with .."),
    ],
)
def test_a_volume_is_left_alone(cluster: StillCluster, obj: Json) -> None:
    decision = decide(cluster, obj)
    assert decision.fills == ()
    assert OPTIONS in why_kept(decision)


@pytest.mark.parametrize(
    ("claim_ref", "why"),
    [
        pytest.param(None, "it belongs to no namespace", id="not reserved"),
        pytest.param({"namespace": "plain", "name": "data"}, "not opted in", id="not opted in"),
        pytest.param({"namespace": "gone", "name": "data"}, "not opted in", id="no such namespace"),
    ],
)
def test_a_volume_outside_of_opted_in_namespaces_is_not_looked_at(
    cluster: StillCluster, claim_ref: Json | None, why: str
) -> None:
    decision = decide(cluster, volume(claimRef=claim_ref))
    assert why in why_kept(decision)[""]
    assert decision.fills == ()


class CountingCluster(StillCluster):
    """Remembers for which claims it was asked."""

    def claim(self, namespace: str, name: str) -> Json | None:
        asked.append((namespace, name))
        return super().claim(namespace, name)


asked: list[tuple[str, str]] = []


@pytest.mark.parametrize(
    ("obj", "reads"),
    [
        pytest.param(volume(), [("team-a", "data")], id="none set"),
        pytest.param(volume(mountOptions=["soft"]), [], id="set"),
        pytest.param(volume(hostPath={"path": "/x"}), [], id="not NFS"),
        pytest.param(volume(claimRef={"namespace": "team-a"}), [], id="no claim named"),
    ],
)
def test_the_claim_is_read_only_where_its_wishes_count(
    cluster: StillCluster, obj: Json, reads: list[tuple[str, str]]
) -> None:
    asked.clear()
    decide(CountingCluster(cluster.policy, cluster.namespaces), obj)
    assert asked == reads
