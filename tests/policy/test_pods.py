import pytest

from policy import keys
from policy.errors import WrongShape
from policy.pods import ClaimVolume, InlineVolume, claim_volumes, inline_nfs_volumes
from policy.volumes import NfsSource


def test_inline_volumes_on_nfs_are_found_with_their_place_and_form() -> None:
    attributes = {"server": "nfs", "share": "/data"}
    pod = {
        "spec": {
            "volumes": [
                {"name": "tmp", "emptyDir": {}},
                {"name": "plain", "nfs": {"server": "nfs", "path": "/data/a"}},
                {"name": "claimed", "persistentVolumeClaim": {"claimName": "x"}},
                {"name": "driven", "csi": {"driver": keys.NFS_CSI_DRIVER, "volumeAttributes": attributes}},
                {"name": "other", "csi": {"driver": "secrets-store.csi.k8s.io"}},
            ]
        }
    }
    assert inline_nfs_volumes(pod) == (
        InlineVolume(1, "plain", NfsSource("nfs", "/data/a"), "nfs"),
        InlineVolume(3, "driven", NfsSource("nfs", "/data"), "csi"),
    )


def test_claims_are_found_by_name_with_their_place_but_for_those_that_are_yet_to_be_made() -> None:
    pod = {
        "spec": {
            "volumes": [
                {"name": "plain", "nfs": {"server": "nfs", "path": "/data/a"}},
                {"name": "own", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
                {"name": "claimed", "persistentVolumeClaim": {"claimName": "x"}},
                {"name": "nameless", "persistentVolumeClaim": {}},
                {"name": "read", "persistentVolumeClaim": {"claimName": "y", "readOnly": True}},
            ]
        }
    }
    assert claim_volumes(pod) == (ClaimVolume(2, "claimed", "x", False), ClaimVolume(4, "read", "y", True))


@pytest.mark.parametrize("pod", [{}, {"spec": {}}, {"spec": {"volumes": None}}, {"spec": {"volumes": []}}])
def test_a_pod_without_volumes_has_none(pod: dict[str, object]) -> None:
    assert inline_nfs_volumes(pod) == claim_volumes(pod) == ()


@pytest.mark.parametrize("volumes", ["x", ["x"], [{"name": 3, "nfs": {"server": "nfs", "path": "/"}}], [{"nfs": []}]])
def test_a_malformed_pod_is_named(volumes: object) -> None:
    with pytest.raises(WrongShape):
        inline_nfs_volumes({"spec": {"volumes": volumes}})


@pytest.mark.parametrize(
    "volume",
    ["x", {"persistentVolumeClaim": "x"}, {"persistentVolumeClaim": {"claimName": 1}}],
    ids=["no object", "no claim", "no name"],
)
def test_a_pod_with_malformed_claims_is_named(volume: object) -> None:
    with pytest.raises(WrongShape):
        claim_volumes({"spec": {"volumes": [volume]}})
