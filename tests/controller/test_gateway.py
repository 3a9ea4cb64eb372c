from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.decisions.actions import CreateVolume, DeleteLimits, LiftGates, Tell, WriteLimits
from controller.decisions.patches import gates_patch
from controller.gateway import ChangedMeanwhile, ClusterGateway, EffectRefused
from kube import resources
from kube.client import Client
from kube.connection import connect
from kube.errors import ApiError
from kube.events import EventRecorder, ObjectReference

POD = ObjectReference("v1", "Pod", "web", "team-a", "uid-of-web")
CLAIM = ObjectReference("v1", "PersistentVolumeClaim", "data", "team-a", "uid-of-data")
GATE = "nfs-steward.io/directory"
VOLUME = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pvc-1"}, "spec": {}}


@pytest.fixture
def client(kubeconfig: Path) -> Client:
    return connect(kubeconfig)


@pytest.fixture
def recorder(client: Client) -> EventRecorder:
    return EventRecorder(client, "test")


@pytest.fixture
def gateway(client: Client, recorder: EventRecorder) -> ClusterGateway:
    return ClusterGateway(client, "nfs-steward", recorder, lambda: 0.0)


def test_a_gate_is_lifted_and_nothing_else_is_touched(api: Any, gateway: ClusterGateway) -> None:
    api.pod("web", "/nfs/data/a")
    path = "/api/v1/namespaces/team-a/pods/web"
    spec = api.objects[path]["spec"]

    gateway.perform(LiftGates(POD, gates_patch("uid-of-web", [GATE], [GATE])))

    assert api.objects[path]["spec"] == {**spec, "schedulingGates": []}


@pytest.mark.parametrize(
    ("uid", "seen"),
    [
        pytest.param("uid-of-web", ["other", GATE], id="another gate has come off meanwhile"),
        pytest.param("former", [GATE], id="another Pod has the name by now"),
    ],
)
def test_a_change_by_somebody_else_is_noticed(api: Any, gateway: ClusterGateway, uid: str, seen: list[str]) -> None:
    api.pod("web", "/nfs/data/a")

    with pytest.raises(ChangedMeanwhile):
        gateway.perform(LiftGates(POD, gates_patch(uid, seen, [GATE])))
    assert api.gates("web") == [GATE]


def test_an_object_that_is_gone_has_changed(gateway: ClusterGateway) -> None:
    with pytest.raises(ChangedMeanwhile):
        gateway.perform(LiftGates(POD, []))


def test_a_volume_that_is_there_already_has_changed(api: Any, gateway: ClusterGateway) -> None:
    gateway.perform(CreateVolume(CLAIM, VOLUME))

    with pytest.raises(ChangedMeanwhile):
        gateway.perform(CreateVolume(CLAIM, VOLUME))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        pytest.param(403, EffectRefused, id="forbidden: a quota, a policy, a right"),
        pytest.param(422, EffectRefused, id="invalid"),
        pytest.param(503, ApiError, id="not now"),
        pytest.param(429, ApiError, id="not so fast"),
    ],
)
def test_refusals_and_what_may_pass_are_told_apart(
    api: Any, gateway: ClusterGateway, status: int, error: type[Exception]
) -> None:
    api.refuse = lambda _method, _path: status

    with pytest.raises(error):
        gateway.perform(CreateVolume(CLAIM, VOLUME))


def test_an_event_is_not_repeated_at_every_retry(
    api: Any, gateway: ClusterGateway, recorder: EventRecorder, eventually: Callable[..., None]
) -> None:
    for _ in range(5):
        gateway.tell(Tell(POD, "Warning", "ExportUnavailable", "full"))
    gateway.tell(Tell(POD, "Normal", "GateLifted", "done"))
    recorder.stop()

    assert api.reasons("web") == ["ExportUnavailable", "GateLifted"]
    assert len([write for write in api.writes if "/events" in write.path]) == 2


TEAM = ObjectReference("v1", "Namespace", "team-a", None, "uid-of-team-a")
QUOTA_PATH = "/api/v1/namespaces/team-a/resourcequotas/nfs-steward"


def limiting(version: str | None = None) -> WriteLimits:
    """A ResourceQuota to be written, in the place of the one with this version."""
    metadata = {"name": "nfs-steward", "namespace": "team-a", **({"resourceVersion": version} if version else {})}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": {}}}
    return WriteLimits(TEAM, resources.RESOURCE_QUOTAS, quota)


def test_what_limits_a_namespace_is_created_then_replaced_then_deleted(api: Any, gateway: ClusterGateway) -> None:
    gateway.perform(limiting())
    version = api.objects[QUOTA_PATH]["metadata"]["resourceVersion"]
    gateway.perform(limiting(version))
    found = api.objects[QUOTA_PATH]["metadata"]
    gateway.perform(DeleteLimits(TEAM, resources.RESOURCE_QUOTAS, found["uid"], found["resourceVersion"]))
    assert [write.method for write in api.writes] == ["POST", "PUT", "DELETE"]
    assert QUOTA_PATH not in api.objects


def test_a_limit_that_somebody_has_changed_meanwhile_is_neither_replaced_nor_deleted(
    api: Any, gateway: ClusterGateway
) -> None:
    api.put(QUOTA_PATH, {"spec": {"hard": {"pods": "7"}}})
    for effect in (
        limiting(),
        limiting("0"),
        DeleteLimits(TEAM, resources.RESOURCE_QUOTAS, "uid-of-nfs-steward", "0"),
        DeleteLimits(
            TEAM, resources.RESOURCE_QUOTAS, "another", api.objects[QUOTA_PATH]["metadata"]["resourceVersion"]
        ),
    ):
        with pytest.raises(ChangedMeanwhile):
            gateway.perform(effect)
    assert api.objects[QUOTA_PATH]["spec"] == {"hard": {"pods": "7"}}


def test_a_limit_that_is_gone_already_is_as_good_as_deleted(gateway: ClusterGateway) -> None:
    gateway.perform(DeleteLimits(TEAM, resources.RESOURCE_QUOTAS, "uid", "1"))


def test_a_limit_that_the_api_server_finds_invalid_is_told(api: Any, gateway: ClusterGateway) -> None:
    api.refuse = lambda _method, _path: 422
    with pytest.raises(EffectRefused):
        gateway.perform(limiting())
