import pytest

from policy.load import load_policy, policy_warnings

EXPORT = "exports: [{{server: nfs, path: /data, mountOptions: [{}]}}]\n"


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        pytest.param("profiles: [{name: default, mountOptions: [hard]}]", 0, id="nothing to say"),
        pytest.param("profiles: [{name: default, mountOptions: [soft]}]", 1, id="soft in a profile"),
        pytest.param(EXPORT.format("soft") + "profiles: [{name: default}]", 1, id="soft in an export's base"),
        pytest.param(
            EXPORT.format("soft") + "profiles: [{name: default, mountOptions: [hard]}]",
            0,
            id="soft, mended by the profile",
        ),
        pytest.param("profiles: [{name: default, mountOptions: [soft, ro]}]", 0, id="soft, but read-only"),
        pytest.param(
            "profiles: [{name: default, mountOptions: [soft], accessModes: [ReadOnlyMany]}]",
            0,
            id="soft, for readers only",
        ),
        pytest.param("profiles: [{name: default, mountOptions: [nconnect=8]}]", 1, id="nconnect in a profile"),
        pytest.param("profiles: [{name: default, quota: {storage: 1Gi}}]", 1, id="a quota for no class"),
        pytest.param("profiles: [{name: default, quota: {claims: 0}}]", 1, id="no claims, of no class"),
        pytest.param("profiles: [{name: default, quota: {classes: {nfs: 1Gi}}}]", 0, id="a quota that names its class"),
        pytest.param(
            "profiles: [{name: default, storageClassName: nfs, quota: {storage: 1Gi}}]", 0, id="a quota for a class"
        ),
        pytest.param(
            "profiles: [{name: default, storageClassName: nfs, quota: {storage: 1Gi}}]\nlimits: false",
            1,
            id="a quota that is not enforced",
        ),
        pytest.param("profiles: [{name: default, claim: {max: 1Gi}}]\nlimits: false", 1, id="nor is a largest size"),
        pytest.param("profiles: [{name: default, claim: {default: 1Gi}}]\nlimits: false", 0, id="nothing to enforce"),
        pytest.param(EXPORT.format("nconnect=8") + "profiles: [{name: default}]", 0, id="nconnect where it belongs"),
    ],
)
def test_what_is_valid_and_can_hurt_is_said(text: str, warnings: int) -> None:
    found = policy_warnings(load_policy(text, "policy.yaml"))
    assert len(found) == warnings
    assert all("profile default" in warning for warning in found)


def test_the_designs_policy_draws_no_warning(policy_text: str) -> None:
    assert policy_warnings(load_policy(policy_text, "policy.yaml")) == ()
