"""Taking over from nfs-subdir-external-provisioner, with Pods that never notice, and what then becomes of volumes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kube import resources
from kube.client import Client
from policy import keys
from policy.shapes import Json
from testbed.kubectl import Kubectl
from testbed.pods.local_node import LocalNode
from testbed.waiting import wait_for
from tests.cluster.objects import phase, pod
from tests.namespaces import MakeNamespace
from tests.waiting import WITHIN

from .conftest import Adopt, Steward
from .peers import SUBDIR, claim, deployment

WRITES = "while true; do date >> /mnt/v0/log; sleep 0.05; done"


@pytest.fixture
def running_peer(kubectl: Kubectl, client: Client, make_namespace: MakeNamespace) -> Iterator[str]:
    """The Deployment of the one before, while it runs; its namespace."""
    namespace = make_namespace()
    kubectl.apply(deployment(namespace))
    wait_for("its Pod", lambda: list(client.list(resources.PODS, namespace).items), WITHIN)
    yield namespace
    kubectl("delete", "namespace", namespace, "--wait=false")
    wait_for("its end", lambda: not list(client.list(resources.PODS, namespace).items), WITHIN)


def volume_of(client: Client, namespace: str, name: str = "data") -> Json:
    """The volume of a claim that is bound."""
    bound = client.get(resources.CLAIMS, name, namespace)
    return client.get(resources.VOLUMES, bound["spec"]["volumeName"])


def running_pod(client: Client, namespace: str, name: str) -> Json | None:
    """A Pod, if it runs."""
    found = client.get(resources.PODS, name, namespace)
    return found if phase(found) == "Running" else None


def test_while_the_other_runs_nothing_is_taken_over_and_the_command_that_stops_it_is_said(
    client: Client, kubectl: Kubectl, directory: Path, team: str, running_peer: str, adopt: Adopt
) -> None:
    before = volume_of(client, team)
    said = adopt("--yes")
    assert said.status == 1
    (running,) = said.report["running"]
    assert (running["kind"], running["name"]) == ("Deployment", "nfs-client-provisioner")
    assert volume_of(client, team) == before

    program, *arguments = running["stop"].split()
    assert program == "kubectl"
    kubectl(*arguments)
    wait_for("its end", lambda: not list(client.list(resources.PODS, running_peer).items), WITHIN)
    assert adopt("--yes").status == 0
    assert volume_of(client, team)["metadata"]["annotations"][keys.PROVISIONED_BY] == keys.PROVISIONER


def test_a_dry_run_tells_the_plan_and_changes_nothing(client: Client, directory: Path, team: str, adopt: Adopt) -> None:
    before = volume_of(client, team)
    said = adopt("--dry-run")
    assert said.status == 0
    planned = said.volume(before["metadata"]["name"])
    assert [planned[key] for key in ("claim", "onDelete", "outcome")] == [f"{team}/data", "delete", "done"]
    assert said.report["newClaims"]["served"] is True
    assert volume_of(client, team) == before


def test_without_an_answer_nothing_is_taken_over(client: Client, directory: Path, team: str, adopt: Adopt) -> None:
    before = volume_of(client, team)
    said = adopt()
    assert said.status == 1
    assert "Take over" in said.errors
    assert volume_of(client, team) == before


def test_a_pod_goes_on_writing_while_its_volume_is_taken_over(
    client: Client, node: LocalNode, directory: Path, team: str, adopt: Adopt
) -> None:
    log = directory / "log"
    mounted = {"persistentVolumeClaim": {"claimName": "data"}}
    client.create(resources.PODS, pod("writer", team, mounted, container={"command": ["sh", "-c", WRITES]}))
    before = wait_for("its running", lambda: running_pod(client, team, "writer"), WITHIN)
    wait_for("its writing", log.exists, WITHIN)
    said = adopt("--yes")
    assert said.status == 0
    written = log.stat().st_size
    wait_for("its going on", lambda: log.stat().st_size > written, WITHIN)
    (was,), (now,) = (
        each["status"]["containerStatuses"] for each in (before, client.get(resources.PODS, "writer", team))
    )
    assert (now["state"], now["restartCount"]) == (was["state"], 0)


def test_what_is_taken_over_is_not_taken_over_again(client: Client, directory: Path, team: str, adopt: Adopt) -> None:
    first = adopt("--yes")
    volume = volume_of(client, team)
    assert first.volume(volume["metadata"]["name"])["outcome"] == "done"
    assert volume["metadata"]["annotations"] == {
        **volume["metadata"]["annotations"],
        keys.PROVISIONED_BY: keys.PROVISIONER,
        keys.ADOPTED_FROM: SUBDIR,
        keys.ON_DELETE: "delete",
    }
    assert keys.DATA_FINALIZER in volume["metadata"]["finalizers"]
    again = adopt("--yes")
    assert (again.status, again.report["volumes"]) == (0, [])
    assert lasting(volume_of(client, team)) == lasting(volume)


def lasting(volume: Json) -> Json:
    """A volume without what changes by itself: what is told of its use."""
    changing = ("managedFields", "resourceVersion")
    metadata = {key: value for key, value in volume["metadata"].items() if key not in changing}
    told = {keys.USED_BYTES, keys.USED_FILES, keys.MEASURED_AT, keys.USED_THRESHOLD, keys.OVER_QUOTA}
    kept = {key: value for key, value in metadata["annotations"].items() if key not in told}
    return {**volume, "metadata": {**metadata, "annotations": kept}}


def test_a_new_claim_of_the_old_class_is_served_by_us_where_the_one_before_would_have_put_it(
    client: Client, steward: Steward, directory: Path, team: str
) -> None:
    client.create(resources.CLAIMS, claim("new", team, "nfs-by-default"))
    wait_for("its being bound", lambda: phase(client.get(resources.CLAIMS, "new", team)) == "Bound", WITHIN)
    volume = volume_of(client, team, "new")
    name = volume["metadata"]["name"]
    assert volume["metadata"]["annotations"][keys.PROVISIONED_BY] == keys.PROVISIONER
    assert volume["metadata"]["annotations"][keys.ON_DELETE] == "archive"
    assert (steward.product.bed.export.root / f"{team}-new-{name}").is_dir()
