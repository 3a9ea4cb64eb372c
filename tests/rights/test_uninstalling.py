"""`nfs-steward uninstall`, with the account of the chart's hook, while everything else still runs."""

import json
import subprocess
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest

from kube import resources
from kube.errors import NotFound
from kube.resources import Resource
from policy import keys
from policy.shapes import Json, sequence
from testbed.product.chart import NAMESPACE, RELEASE
from testbed.product.executable import nfs_steward
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .asked import Right
from .needs import MUTATING, VALIDATING, bare_volume, controller_of_the_chart, inline_volume
from .world import TLS, UNSERVED, World

CONTROLLER, CHECK, TEST = f"{RELEASE}-cluster", f"{RELEASE}-policy-check", f"{RELEASE}-test"
LIMITS = ("ResourceQuota", "LimitRange")
"""What a controller that still runs, as those of the tests do, makes again."""
OTHER_GATE = {"name": "example.org/other"}
OTHER_FINALIZER = "example.org/held"
ARGUMENTS = (f"--name={RELEASE}", f"--namespace={NAMESPACE}", "-o", "json")


@dataclass(frozen=True)
class Blocked:
    """A Pod that waits for an export, and a volume that is held; each has something of somebody else's on it, too."""

    world: World
    pod: Json
    volume: Json

    def gates(self) -> list[Json]:
        """What the Pod waits for now."""
        return list(sequence(self.read(resources.PODS, self.pod), "spec", "schedulingGates"))

    def finalizers(self) -> set[str]:
        """Who holds the volume now, but for Kubernetes itself."""
        held = set(sequence(self.read(resources.VOLUMES, self.volume), "metadata", "finalizers"))
        return held - {"kubernetes.io/pv-protection"}

    def read(self, resource: Resource, obj: Json) -> Json:
        """An object as it is now."""
        return self.world.admin.get(resource, obj["metadata"]["name"], obj["metadata"].get("namespace"))


@pytest.fixture
def blocked(world: World) -> Blocked:
    world.settle()
    namespace = world.namespace(opted_in=True)
    volume = bare_volume(world, world.claim(namespace))
    volume["metadata"]["finalizers"] = [OTHER_FINALIZER, f"{keys.GROUP}/held"]
    created = world.admin.create(resources.PODS, waiting_pod(world, namespace))
    assert created["spec"]["schedulingGates"] == [OTHER_GATE, {"name": keys.DIRECTORY_GATE}]
    return Blocked(world, created, world.admin.create(resources.VOLUMES, volume))


@pytest.fixture
def controller(world: World) -> None:
    """The Deployment of a controller, with a Pod."""
    world.product.bed.kubectl.apply(controller_of_the_chart(world, "cluster", replicas=1))
    wait_for("the controller's Pod", lambda: pods_of_the_controller(world), WITHIN)


def pods_of_the_controller(world: World) -> list[Json]:
    selector = "app.kubernetes.io/component=cluster"
    return list(world.admin.list(resources.PODS, NAMESPACE, label_selector=selector).items)


@pytest.fixture
def failed_hooks(world: World) -> None:
    """What Helm keeps of hooks that have failed: the Job of the check of a policy, with its Pod, and the test's Pod."""
    chart = world.product.chart
    world.product.bed.kubectl.apply(*map(on_no_node, (*chart.hooks("pre-upgrade"), *chart.hooks("test"))))
    wait_for("the Job's Pod", lambda: pods_of_the_check(world), WITHIN)


def on_no_node(hook: Json) -> Json:
    """The same, waiting for a node that there is not."""
    hook = deepcopy(hook)
    spec = hook["spec"]["template"]["spec"] if hook["kind"] == "Job" else hook.get("spec", {})
    spec["nodeSelector"] = {"test": "nowhere"}
    return hook


def pods_of_the_check(world: World) -> list[Json]:
    return list(world.admin.list(resources.PODS, NAMESPACE, label_selector=f"job-name={CHECK}").items)


@pytest.fixture
def installed_again(world: World) -> Iterator[None]:
    """Puts back what uninstalling deletes; the controller makes a new certificate."""
    yield
    world.call_webhook()


def waiting_pod(world: World, namespace: str) -> Json:
    return world.pod(namespace, volumes=[inline_volume(world, UNSERVED)], schedulingGates=[OTHER_GATE])


def begin(world: World, *arguments: str) -> "subprocess.Popen[str]":
    command = [*nfs_steward(), "uninstall", *ARGUMENTS, *arguments]
    argv = [*command, f"--kubeconfig={world.product.kubeconfig('uninstall')}"]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: "subprocess.Popen[str]", status: int = 0) -> Any:
    """What it told, once it has ended as expected."""
    output, errors = process.communicate(timeout=120)
    assert process.returncode == status, output + errors
    return json.loads(output)


def exists(world: World, resource: Resource, name: str, namespace: str | None = None) -> bool:
    try:
        world.admin.get(resource, name, namespace)
    except NotFound:
        return False
    return True


def outcomes(report: Json) -> dict[tuple[str, str], str]:
    return {(step["deed"], step["kind"]): step["outcome"] for step in report["steps"]}


def test_tried_first_it_says_what_it_would_do_and_changes_nothing(
    world: World, blocked: Blocked, controller: None, failed_hooks: None
) -> None:
    told = ended(begin(world, "--dry-run"))
    assert (told["dryRun"], told["complete"]) == (True, True)
    named = {(step["deed"], step["kind"], step["name"]) for step in told["steps"]}
    assert named >= {
        ("delete", "MutatingWebhookConfiguration", RELEASE),
        ("delete", "ValidatingWebhookConfiguration", RELEASE),
        ("delete", "Deployment", CONTROLLER),
        ("take gates off", "Pod", blocked.pod["metadata"]["name"]),
        ("take finalizers off", "PersistentVolume", blocked.volume["metadata"]["name"]),
        ("delete", "Job", CHECK),
        ("delete", "Pod", TEST),
        ("delete", "Secret", TLS),
    }
    assert set(outcomes(told).values()) == {"done"}
    assert blocked.gates() == [OTHER_GATE, {"name": keys.DIRECTORY_GATE}]
    assert blocked.finalizers() == {OTHER_FINALIZER, f"{keys.GROUP}/held"}
    assert exists(world, MUTATING, RELEASE)
    assert pods_of_the_controller(world)
    assert exists(world, resources.JOBS, CHECK, NAMESPACE)
    assert exists(world, resources.SECRETS, TLS, NAMESPACE)


def test_what_blocks_goes_and_all_else_stays(
    world: World, blocked: Blocked, controller: None, failed_hooks: None, installed_again: None
) -> None:
    told = ended(begin(world))
    assert told["complete"] is True
    first = [(step["deed"], step["name"]) for step in told["steps"]][:4]
    assert first == [
        ("delete", RELEASE),
        ("delete", RELEASE),
        ("delete", CONTROLLER),
        ("wait for the end of", CONTROLLER),
    ]
    assert told["steps"][-1]["kind"] == "Secret"
    assert not exists(world, resources.DEPLOYMENTS, CONTROLLER, NAMESPACE)
    assert not pods_of_the_controller(world)

    assert blocked.gates() == [OTHER_GATE]
    assert blocked.finalizers() == {OTHER_FINALIZER}
    assert not exists(world, MUTATING, RELEASE)
    assert not exists(world, VALIDATING, RELEASE)
    assert not exists(world, resources.SECRETS, TLS, NAMESPACE)
    wait_for("the test's Pod to be gone", lambda: not exists(world, resources.PODS, TEST, NAMESPACE), WITHIN)
    wait_for("the Job's Pod to be gone with it", lambda: not pods_of_the_check(world), WITHIN)

    again = ended(begin(world))
    deleted = (MUTATING, VALIDATING, resources.JOBS, resources.PODS, resources.SECRETS)
    deletions = [("delete", each.kind) for each in deleted]
    left = {what: outcome for what, outcome in outcomes(again).items() if what[1] not in LIMITS}
    assert left == dict.fromkeys(deletions, "absent")
    assert again["complete"] is True


def test_a_pod_that_was_on_its_way_is_let_go_as_well(world: World, blocked: Blocked, installed_again: None) -> None:
    late = waiting_pod(world, blocked.pod["metadata"]["namespace"])
    late["spec"]["schedulingGates"].append({"name": keys.DIRECTORY_GATE})
    removing = begin(world)
    wait_for("the first Pod to be let go", lambda: blocked.gates() == [OTHER_GATE], WITHIN)
    created = world.admin.create(resources.PODS, late)
    ended(removing)
    assert blocked.read(resources.PODS, created)["spec"]["schedulingGates"] == [OTHER_GATE]


def test_a_secret_of_somebody_else_s_stays(world: World, blocked: Blocked, installed_again: None) -> None:
    assert ("delete", "Secret") not in outcomes(ended(begin(world, "--keep-secret")))
    assert exists(world, resources.SECRETS, TLS, NAMESPACE)


def test_what_could_not_be_done_is_told_and_keeps_nothing_else_back(
    world: World, blocked: Blocked, installed_again: None
) -> None:
    with world.grants.without(Right("uninstall", "patch", "pods")):
        told = ended(begin(world, "--timeout=0"), status=1)
    assert told["complete"] is False
    (failed,) = [step for step in told["steps"] if step["name"] == blocked.pod["metadata"]["name"]]
    assert failed["outcome"] == "failed"
    assert 'cannot patch resource "pods"' in failed["problem"]
    assert blocked.finalizers() == {OTHER_FINALIZER}
    assert not exists(world, resources.SECRETS, TLS, NAMESPACE)
