"""The one thing that replaces what an author wrote: an inline volume under `inlineVolumes: csi`."""

from collections.abc import Callable

import pytest

from policy import keys
from policy.shapes import Json
from webhook.cluster import StillCluster

from .asking import decide, result, rules, why_kept
from .objects import EXPORT, SERVER, TEAM, inline_csi, nfs, pod

ClusterWith = Callable[..., StillCluster]


def first_volume(obj: Json) -> Json:
    found: Json = obj["spec"]["volumes"][0]
    return found


@pytest.fixture
def rewriting(cluster_with: ClusterWith) -> StillCluster:
    return cluster_with(profile="csi")


def test_an_nfs_volume_becomes_one_of_the_csi_driver_with_mount_options(rewriting: StillCluster) -> None:
    assert first_volume(result(rewriting, pod(nfs()))) == {
        "name": "v0",
        "csi": {
            "driver": keys.NFS_CSI_DRIVER,
            "volumeAttributes": {
                "server": SERVER,
                "share": f"{EXPORT}/{TEAM}/x",
                "mountOptions": "nfsvers=4.1,nconnect=4,hard",
            },
        },
    }
    assert rules(decide(rewriting, pod(nfs())))["spec.volumes[v0].csi"] == "profile csi"


def test_without_any_options_none_are_carried(rewriting: StillCluster) -> None:
    volume = first_volume(result(rewriting, pod(nfs("/scratch/x", "10.0.0.6"))))
    assert volume["csi"]["volumeAttributes"] == {"server": "10.0.0.6", "share": "/scratch/x", "mountOptions": "hard"}


@pytest.mark.parametrize(("written", "carried"), [(True, {"readOnly": True}), (False, {})], ids=["true", "false"])
def test_read_only_is_carried_over(rewriting: StillCluster, written: bool, carried: Json) -> None:
    csi = first_volume(result(rewriting, pod(nfs(readOnly=written))))["csi"]
    assert {key: csi[key] for key in csi.keys() & {"readOnly"}} == carried


def test_the_rewritten_pod_is_marked_gated_and_listed(rewriting: StillCluster) -> None:
    patched = result(rewriting, pod(nfs()))
    assert patched["metadata"]["labels"] == {keys.INLINE: "true"}
    assert patched["spec"]["schedulingGates"] == [{"name": keys.DIRECTORY_GATE}]
    assert patched["metadata"]["annotations"][keys.FILLED] == "spec.volumes[v0].csi,spec.schedulingGates"


def test_other_volumes_of_the_pod_stay_as_they_are(rewriting: StillCluster) -> None:
    others = [{"emptyDir": {}}, nfs(server="elsewhere"), inline_csi(mountOptions="soft")]
    obj = pod(nfs(), *others)
    assert result(rewriting, obj)["spec"]["volumes"][1:] == obj["spec"]["volumes"][1:]


def test_it_is_kept_where_pod_security_is_restricted_with_a_warning(cluster_with: ClusterWith) -> None:
    restricted = cluster_with(profile="csi", labels={keys.POD_SECURITY_ENFORCE: "restricted"})
    decision = decide(restricted, pod(nfs()))
    assert first_volume(result(restricted, pod(nfs()))) == {"name": "v0", **nfs()}
    assert "restricted" in why_kept(decision)["spec.volumes[v0]"]
    assert any("v0" in warning and "restricted" in warning for warning in decision.warnings)


@pytest.mark.parametrize("level", ["baseline", "privileged"])
def test_it_is_rewritten_where_pod_security_allows_nfs(cluster_with: ClusterWith, level: str) -> None:
    cluster = cluster_with(profile="csi", labels={keys.POD_SECURITY_ENFORCE: level})
    assert "csi" in first_volume(result(cluster, pod(nfs())))


def test_it_is_kept_where_the_driver_takes_no_inline_volumes_with_a_warning(cluster_with: ClusterWith) -> None:
    cluster = cluster_with(profile="csi", inline_csi=False)
    decision = decide(cluster, pod(nfs()))
    assert "nfs" in first_volume(result(cluster, pod(nfs())))
    assert any("Ephemeral" in warning for warning in decision.warnings)


@pytest.mark.parametrize(
    "path", [pytest.param("/nfs", id="above the export"), pytest.param(f"{EXPORT}/../x", id="with ..")]
)
def test_a_path_that_is_not_on_the_export_by_its_text_is_kept(rewriting: StillCluster, path: str) -> None:
    assert decide(rewriting, pod(nfs(path=path))).fills == ()


def test_what_another_webhook_put_back_stays(rewriting: StillCluster) -> None:
    once = result(rewriting, pod(nfs()))
    once["spec"]["volumes"] = pod(nfs())["spec"]["volumes"]
    assert decide(rewriting, once).fills == ()


def test_the_default_is_to_keep(cluster: StillCluster) -> None:
    assert first_volume(result(cluster, pod(nfs()))) == {"name": "v0", **nfs()}
