from collections.abc import Callable
from typing import Any

import pytest

from controller.decisions.facts import ExportFacts
from controller.observed.occupied import OccupiedDirectories
from controller.rules import Rules
from policy import keys
from policy.load import load_policy
from policy.model import Export, Policy
from policy.profiles import NamespaceSettings, settings_for

POLICY = """
exports:
- name: main
  server: 10.0.0.5
  aliases: [nfs.corp.example]
  path: /nfs/data
  directories: {mode: "2770", uid: 1000, gid: 2000}
  mountOptions: [nfsvers=4.1, hard]
- name: second
  server: 10.0.0.6
  path: /srv
profiles:
- name: default
  storageClassName: nfs
  mountOptions: [noatime]
  allowedMountOptions: [rsize]
- name: bare
- name: fenced
  inlinePaths: ["/nfs/data/${namespace}"]
- name: strict
  inlineVolumes: deny
"""


@pytest.fixture
def policy() -> Policy:
    return load_policy(POLICY, "test")


@pytest.fixture
def rules(policy: Policy) -> Rules:
    return Rules(policy)


@pytest.fixture
def rules_with_an_export_inside(policy: Policy) -> Rules:
    """The same exports, and one that lies in a directory of `main`."""
    inside = Export(name="inside", server="nfs.corp.example", path="/nfs/data/team-a/fast")
    return Rules(policy.model_copy(update={"exports": (*policy.exports, inside)}))


@pytest.fixture
def settings_of(policy: Policy) -> Callable[..., NamespaceSettings]:
    """Settings of an opted-in namespace, of a profile."""

    def settings(profile: str = "default", namespace: str = "team-a", **labels: str) -> NamespaceSettings:
        own = {keys.INJECT: keys.INJECT_ENABLED, keys.PROFILE: profile, **labels}
        found = settings_for(policy, namespace, own)
        assert found is not None
        return found

    return settings


@pytest.fixture
def occupied() -> OccupiedDirectories:
    return OccupiedDirectories()


@pytest.fixture
def facts_of(
    rules: Rules, occupied: OccupiedDirectories, settings_of: Callable[..., NamespaceSettings]
) -> Callable[..., ExportFacts]:
    """What the duty of an export knows, for a namespace of a profile (None: one that is not opted in)."""

    def facts(profile: str | None = "default", export: str = "main") -> ExportFacts:
        own = rules.exports.named(export)
        assert own is not None
        return ExportFacts(rules, own, settings_of(profile) if profile else None, occupied)

    return facts


@pytest.fixture
def raw_pod() -> Callable[..., dict[str, Any]]:
    """A gated Pod with inline volumes `name=server:path`."""

    def pod(*volumes: str, gates: tuple[str, ...] = (keys.DIRECTORY_GATE,), **metadata: Any) -> dict[str, Any]:
        split = [volume.replace("=", ":", 1).split(":", 2) for volume in volumes]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "namespace": "team-a",
                "name": "web",
                "uid": "pod-uid",
                "creationTimestamp": "2030-01-01T12:00:00Z",
                **metadata,
            },
            "spec": {
                "schedulingGates": [{"name": gate} for gate in gates],
                "volumes": [{"name": name, "nfs": {"server": server, "path": path}} for name, server, path in split],
            },
        }

    return pod


@pytest.fixture
def raw_claim() -> Callable[..., dict[str, Any]]:
    """A claim that the binder has asked us to serve; keyword arguments go over its spec."""

    def claim(annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
        return {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "namespace": "team-a",
                "name": "data",
                "uid": "claim-uid",
                "annotations": {keys.STORAGE_PROVISIONER_ANNOTATIONS[0]: keys.PROVISIONER, **(annotations or {})},
            },
            "spec": {
                "storageClassName": "ours",
                "accessModes": ["ReadWriteMany"],
                "resources": {"requests": {"storage": "5Gi"}},
                **spec,
            },
            "status": {"phase": "Pending"},
        }

    return claim


@pytest.fixture
def raw_volume() -> Callable[..., dict[str, Any]]:
    """A static volume bound to the claim `data`; keyword arguments go over its spec."""

    def volume(path: str = "/nfs/data/static", phase: str = "Bound", **spec: Any) -> dict[str, Any]:
        return {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": "static", "uid": "volume-uid"},
            "spec": {
                "nfs": {"server": "10.0.0.5", "path": path},
                "claimRef": {"namespace": "team-a", "name": "data", "uid": "claim-uid"},
                **spec,
            },
            "status": {"phase": phase},
        }

    return volume
