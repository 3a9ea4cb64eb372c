"""Taking volumes over in a cluster, and what is told of those that it does not work out for."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.adoption.effects import Step, carry_out
from controller.adoption.observed import observe
from controller.adoption.plan import plan_adoption
from controller.adoption.running import Runner
from kube.client import Client
from kube.connection import connect
from policy.shapes import Json

from .objects import OURS, SUBDIR, claim, deployment, policy, storage_class, subdir_containers, volume

VOLUMES = "/api/v1/persistentvolumes"
NAMES = ("pvc-1", "pvc-2", "pvc-3")


@pytest.fixture
def client(kubeconfig: Path) -> Iterator[Client]:
    client = connect(kubeconfig)
    yield client
    client.close()


@pytest.fixture
def served(api: Any) -> Any:
    """The API server of a cluster with three volumes of nfs-subdir-external-provisioner."""
    for name in NAMES:
        api.put(f"{VOLUMES}/{name}", volume(name, f"/nfs/data/{name}"))
    api.put("/apis/storage.k8s.io/v1/storageclasses/nfs-client", storage_class(archiveOnDelete="false"))
    return api


@pytest.fixture
def adopted(served: Any, client: Client) -> Callable[[], list[Step]]:
    """Takes over what there is, as a new look shows it."""
    return lambda: list(carry_out(client, plan_adoption(observe(client, SUBDIR), policy()), dry_run=False))


def provisioner_of(obj: Json) -> str:
    return str(obj["metadata"]["annotations"]["pv.kubernetes.io/provisioned-by"])


def test_every_volume_is_taken_over_by_one_patch_and_no_second_time(
    served: Any, adopted: Callable[[], list[Step]]
) -> None:
    assert adopted() == [Step(name, "done") for name in NAMES]
    assert [(write.method, write.path) for write in served.writes] == [("PATCH", f"{VOLUMES}/{name}") for name in NAMES]
    assert {provisioner_of(served.objects[f"{VOLUMES}/{name}"]) for name in NAMES} == {OURS}
    assert adopted() == []


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        pytest.param(404, "gone", id="gone meanwhile"),
        pytest.param(422, "changed", id="changed meanwhile"),
        pytest.param(403, "failed", id="not allowed"),
        pytest.param(503, "failed", id="no server for it"),
    ],
)
def test_one_that_does_not_work_out_keeps_no_other_back_and_is_taken_over_the_next_time(
    served: Any, adopted: Callable[[], list[Step]], status: int, outcome: str
) -> None:
    served.refuse = lambda method, path: status if (method, path) == ("PATCH", f"{VOLUMES}/pvc-2") else None
    steps = adopted()
    assert [step.outcome for step in steps] == ["done", outcome, "done"]
    assert steps[1].holds is (outcome == "gone")
    served.refuse = lambda _method, _path: None
    assert adopted() == [Step("pvc-2", "done")]


def test_a_volume_that_somebody_changes_between_the_plan_and_its_patch_is_not_touched(
    served: Any, client: Client
) -> None:
    plan = plan_adoption(observe(client, SUBDIR), policy())
    changed = volume("pvc-1", "/nfs/data/pvc-1", persistentVolumeReclaimPolicy="Retain")
    served.put(f"{VOLUMES}/pvc-1", changed)
    assert [step.outcome for step in carry_out(client, plan, dry_run=False)] == ["changed", "done", "done"]
    assert provisioner_of(served.objects[f"{VOLUMES}/pvc-1"]) == SUBDIR


def test_everything_that_a_plan_needs_is_looked_at(served: Any, client: Client) -> None:
    served.put("/apis/apps/v1/namespaces/default/deployments/nfs", deployment(subdir_containers(), name="nfs"))
    served.put("/api/v1/namespaces/team-a/persistentvolumeclaims/waiting", claim("waiting"))
    plan = plan_adoption(observe(client, SUBDIR), policy())
    assert plan.runners == (Runner("default", "Deployment", "nfs"),)
    assert plan.waiting == ("team-a/waiting",)
    assert [each.volume.name for each in plan.taken_over] == list(NAMES)
