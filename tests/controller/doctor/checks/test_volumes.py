"""Volumes and policies that may lose data."""

import pytest

from controller.doctor.observed import Observed
from policy import keys
from tests.controller.doctor.objects import policy, says, seen, storage_class, told, volume

LEGACY = volume()
LEGACY["metadata"]["annotations"] = {keys.LEGACY_MOUNT_OPTIONS_ANNOTATION: "soft,ro=x"}
SOFT_POLICY = policy("{profiles: [{name: default, mountOptions: [soft]}]}")


@pytest.mark.parametrize(
    ("check", "observed", "phrases"),
    [
        pytest.param("recycle", seen(volumes=(volume(persistentVolumeReclaimPolicy="Retain"),)), [], id="Retain"),
        pytest.param(
            "recycle",
            seen(volumes=(volume(persistentVolumeReclaimPolicy="Recycle"),)),
            ["kubectl patch pv v -p"],
            id="Recycle",
        ),
        pytest.param(
            "recycle",
            seen(volumes=({**volume(), "spec": {"hostPath": {}, "persistentVolumeReclaimPolicy": "Recycle"}},)),
            [],
            id="no NFS",
        ),
        pytest.param("soft-mount", seen(volumes=(volume(mountOptions=["hard"]),)), [], id="hard"),
        pytest.param(
            "soft-mount", seen(volumes=(volume(mountOptions=["soft"]),)), ["volume v: It is mounted soft"], id="soft"
        ),
        pytest.param("soft-mount", seen(volumes=(LEGACY,)), ["volume v"], id="soft by the old annotation"),
        pytest.param(
            "soft-mount",
            seen(volumes=(volume(mountOptions=["soft"], accessModes=["ReadOnlyMany"]),)),
            [],
            id="soft, and only read",
        ),
        pytest.param(
            "soft-mount", seen(classes=(storage_class(mountOptions=["softerr"]),)), ["class nfs"], id="a soft class"
        ),
        pytest.param("policy-caution", seen(), [], id="a policy without risks"),
        pytest.param(
            "policy-caution", seen(policy=SOFT_POLICY), ["policy: profile default: mount option soft"], id="soft"
        ),
        pytest.param("policy-invalid", seen(), [], id="a policy that can be read"),
        pytest.param(
            "policy-invalid", seen(policy_problem="it is no policy"), ["it is no policy"], id="one that cannot"
        ),
    ],
)
def test_volumes(check: str, observed: Observed, phrases: list[str]) -> None:
    assert says(told(check, observed), *phrases)
