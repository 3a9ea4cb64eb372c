"""What limits namespaces: what our accounts may write of it, and how all of it goes in the end."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from kube import resources
from kube.client import Client
from kube.connection import connect
from kube.errors import Forbidden, NotFound
from kube.resources import Resource
from policy import keys
from policy.quotas import claims_of, storage_of
from policy.shapes import Json
from testbed.product.chart import NAMESPACE, RELEASE

from . import needs
from .needs import MUTATING
from .world import World

QUOTA, RANGE = resources.RESOURCE_QUOTAS, resources.LIMIT_RANGES
OURS = {keys.MANAGED_BY: keys.MANAGED_BY_US}
OF_CLAIMS = {"hard": {storage_of("nfs"): "1Gi", claims_of("nfs"): "5"}}
SIZES = {"limits": [{"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}]}


@pytest.fixture(scope="module")
def cluster(world: World) -> Client:
    """A client with the token of the cluster's controller."""
    return connect(world.product.kubeconfig("cluster"))


@pytest.fixture(scope="module")
def namespace(world: World) -> str:
    """A namespace that nothing limits."""
    return world.namespace(opted_in=False)


def limiting(namespace: str, kind: Resource, spec: Json, **metadata: Any) -> Json:
    """A ResourceQuota or LimitRange as we write it, but for what is given."""
    whole = {"name": keys.LIMITS, "namespace": namespace, "labels": OURS, **metadata}
    return {"apiVersion": "v1", "kind": kind.kind, "metadata": whole, "spec": spec}


@pytest.mark.parametrize(
    ("kind", "spec"), [pytest.param(QUOTA, OF_CLAIMS, id="quota"), pytest.param(RANGE, SIZES, id="sizes")]
)
def test_claims_can_be_limited(cluster: Client, namespace: str, kind: Resource, spec: Json) -> None:
    cluster.create(kind, limiting(namespace, kind, spec), dry_run=True)


OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "1"}


@pytest.mark.parametrize(
    ("kind", "spec", "metadata"),
    [
        pytest.param(QUOTA, OF_CLAIMS, {"name": "other"}, id="a quota of another name"),
        pytest.param(RANGE, SIZES, {"name": "other"}, id="sizes of another name"),
        pytest.param(QUOTA, OF_CLAIMS, {"labels": {}}, id="a quota that is not marked as ours"),
        pytest.param(QUOTA, {"hard": {"pods": "0"}}, {}, id="no Pods"),
        pytest.param(QUOTA, {"hard": {"requests.storage": "0"}}, {}, id="no claims of any class"),
        pytest.param(QUOTA, {"hard": {}, "scopes": ["BestEffort"]}, {}, id="scopes"),
        pytest.param(RANGE, {"limits": [{"type": "Container", "max": {"memory": "1"}}]}, {}, id="no memory"),
        pytest.param(QUOTA, OF_CLAIMS, {"finalizers": [f"{keys.GROUP}/x"]}, id="one that stays for ever"),
        pytest.param(QUOTA, OF_CLAIMS, {"ownerReferences": [OWNER]}, id="one that goes with something else"),
    ],
)
def test_nothing_else_can_be(cluster: Client, namespace: str, kind: Resource, spec: Json, metadata: Json) -> None:
    with pytest.raises(Forbidden, match="nfs-steward may "):
        cluster.create(kind, limiting(namespace, kind, spec, **metadata), dry_run=True)


def test_a_quota_of_another_name_can_be_neither_changed_nor_deleted(
    world: World, cluster: Client, namespace: str
) -> None:
    made = world.admin.create(QUOTA, limiting(namespace, QUOTA, {"hard": {"pods": "9"}}, name="theirs", labels={}))
    with pytest.raises(Forbidden):
        cluster.replace(QUOTA, {**made, "spec": OF_CLAIMS}, dry_run=True)
    with pytest.raises(Forbidden):
        cluster.delete(QUOTA, "theirs", namespace, dry_run=True)


@pytest.fixture
def installed_again(world: World) -> Iterator[None]:
    """Puts back what uninstalling deletes."""
    yield
    world.call_webhook()


@pytest.mark.usefixtures("installed_again")
def test_uninstalling_takes_away_what_limits_namespaces_and_leaves_what_is_not_ours(world: World) -> None:
    world.settle()
    team, others = needs.limited(world), world.namespace(opted_in=False)
    world.admin.create(QUOTA, limiting(others, QUOTA, {"hard": {"pods": "9"}}, labels={}))
    world.programs["cluster"].process.kill()  # as the controllers are gone by then
    told = needs.run(world, "uninstall", "uninstall", f"--name={RELEASE}", f"--namespace={NAMESPACE}", "-o", "json")
    world.start("cluster")
    assert told.returncode == 0, told.stderr
    deleted = {(step["kind"], step["namespace"]) for step in json.loads(told.stdout)["steps"]}
    assert {("ResourceQuota", team), ("LimitRange", team)} <= deleted
    assert ("ResourceQuota", others) not in deleted
    assert world.admin.get(QUOTA, keys.LIMITS, others)["spec"] == {"hard": {"pods": "9"}}
    with pytest.raises(NotFound):
        world.admin.get(MUTATING, RELEASE)
