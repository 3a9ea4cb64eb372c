"""Policies, claims and volumes that the tests of `policy` start from."""

from collections.abc import Callable

import pytest

from policy import keys
from policy.exports import ManagedExports
from policy.load import load_policy
from policy.model import Policy
from policy.profiles import NamespaceSettings, settings_for
from policy.shapes import Json
from tests.authorship import written

DESIGN_POLICY = """
exports:
- name: main
  server: 10.0.0.5
  aliases: [nfs.corp.example, "fd00::7"]
  path: /nfs/data
  directories: {mode: "2770", uid: 0, gid: 0}
  mountOptions: [nfsvers=4.1, nconnect=4]
profiles:
- name: default
  storageClassName: nfs
  accessModes: [ReadWriteMany]
  mountOptions: [hard, noatime]
  allowedMountOptions: [noatime, actimeo, rsize, wsize]
  claim: {default: 1Gi, min: 1Mi, max: 100Gi}
  quota: {storage: 500Gi, claims: 50, classes: {nfs-gold: 100Gi}}
  overQuota: warn
  inlineVolumes: keep
  inlinePaths: ["/nfs/data/${namespace}"]
- name: gold
  namespaceSelector: {matchLabels: {tier: gold}}
  storageClassName: nfs-gold
- name: bare
gidRange: {from: 100000, to: 199999}
schedulingGate: true
gateTimeout: 10m
"""


@pytest.fixture(scope="session")
def policy_text() -> str:
    return DESIGN_POLICY


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(DESIGN_POLICY, "policy.yaml")


@pytest.fixture(scope="session")
def exports(policy: Policy) -> ManagedExports:
    return ManagedExports(policy.exports)


@pytest.fixture(scope="session")
def settings_with(policy: Policy) -> Callable[..., NamespaceSettings]:
    """The settings of an opted-in namespace with further labels, such as `settings_with(tier="gold")`."""

    def build(extra: dict[str, str] | None = None, **labels: str) -> NamespaceSettings:
        settings = settings_for(policy, "team-a", {keys.INJECT: keys.INJECT_ENABLED, **labels, **(extra or {})})
        assert settings is not None
        return settings

    return build


@pytest.fixture(scope="session")
def settings(settings_with: Callable[..., NamespaceSettings]) -> NamespaceSettings:
    return settings_with()


@pytest.fixture
def claim() -> Json:
    """A claim as a beginner writes it, with the record that the API server keeps of it."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "team-a", "managedFields": [written("spec.resources")]},
        "spec": {"resources": {"requests": {"storage": "1Gi"}}},
    }


@pytest.fixture
def author_writes() -> Callable[..., Json]:
    """Builds an entry of managedFields: `author_writes("spec.storageClassName")`."""
    return written


@pytest.fixture
def volume() -> Json:
    """A static NFS volume on the managed export, reserved for the claim."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "pv-data"},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteMany"],
            "claimRef": {"namespace": "team-a", "name": "data"},
            "nfs": {"server": "10.0.0.5", "path": "/nfs/data/team-a"},
        },
    }
