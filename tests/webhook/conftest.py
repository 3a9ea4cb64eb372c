"""The policy and the cluster that the webhook's tests start from."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from policy import keys
from policy.load import load_policy
from policy.model import Policy
from webhook.cluster import StillCluster

from .objects import OPTED_IN, TEAM

POLICY = """
exports:
- name: main
  server: 10.0.0.5
  aliases: [nfs.corp.example]
  path: /nfs/data
  mountOptions: [nfsvers=4.1, nconnect=4]
- name: scratch
  server: 10.0.0.6
  path: /scratch
profiles:
- name: default
  storageClassName: nfs
  accessModes: [ReadWriteMany]
  mountOptions: [hard, noatime]
  allowedMountOptions: [noatime, actimeo, rsize, wsize, nconnect]
  claim: {default: 1Gi}
- name: bare
- name: csi
  mountOptions: [hard]
  inlineVolumes: csi
- name: deny
  storageClassName: nfs
  inlineVolumes: deny
- name: fenced
  storageClassName: nfs
  inlinePaths: ["/nfs/data/${namespace}", /nfs/data/shared]
- name: readonly
  overQuota: readOnly
- name: blocking
  overQuota: block
"""


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(POLICY, "policy.yaml")


@pytest.fixture
def cluster(policy: Policy) -> StillCluster:
    """`team-a` is opted in and has the default profile; `plain` is not; `fast` is the cluster's default class."""
    namespaces = {TEAM: OPTED_IN, "plain": {}, "kube-system": OPTED_IN}
    return StillCluster(policy, namespaces, cluster_default="fast", classes=frozenset({"nfs", "fast", "slow"}))


@pytest.fixture
def cluster_with(cluster: StillCluster) -> Callable[..., StillCluster]:
    """The cluster with other labels on `team-a`, and other changes: `cluster_with(profile="csi", inline_csi=False)`."""

    def build(profile: str | None = None, labels: dict[str, str] | None = None, **changes: Any) -> StillCluster:
        chosen = {keys.PROFILE: profile} if profile else {}
        return replace(cluster, namespaces={TEAM: {**OPTED_IN, **chosen, **(labels or {})}}, **changes)

    return build
