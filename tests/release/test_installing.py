"""What one `helm install` and one label come to."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from kube import resources
from kube.client import Client
from kube.errors import Invalid
from policy import keys
from policy.shapes import Json, annotations, mapping, sequence, text
from testbed.kubectl import Kubectl
from testbed.product.chart import NAMESPACE, RELEASE
from testbed.waiting import wait_for
from tests.cluster.admission_rows import CLAIMS, PLUGIN, TEAM
from tests.cluster.objects import claim, gates, nfs, phase, pod, volume
from tests.namespaces import MakeNamespace
from tests.waiting import WITHIN

from .site import CLUSTER, TLS, WEBHOOK, WORKING, Site


@pytest.fixture
def claims(site: Site, client: Client, inert_team: str) -> Iterator[Mapping[str, Json]]:
    """All claims of the table of admission, as they are once they have been admitted.

    Nothing stays: a claim of the class "" would take any volume without a class.
    """
    local = {"hostPath": {"path": "/nonexistent"}}
    with_class, without = f"{inert_team}-with-class", f"{inert_team}-without-class"
    client.create(resources.VOLUMES, volume(with_class, local, storageClassName="handmade"))
    client.create(resources.VOLUMES, volume(without, local))
    authors = json.loads(json.dumps({name: row.author for name, row in CLAIMS.items()}).replace(TEAM, inert_team))
    for name, author in authors.items():
        author["metadata"]["name"] = name
    yield {name: client.create(resources.CLAIMS, author, dry_run=True) for name, author in authors.items()}
    for name in (with_class, without):
        client.delete(resources.VOLUMES, name)


@pytest.mark.parametrize(
    "order",
    [
        pytest.param((WEBHOOK, CLUSTER), id="the webhook first, which then waits for its certificate"),
        pytest.param((CLUSTER, WEBHOOK), id="the controller first, whose webhook nobody reaches yet"),
    ],
)
def test_it_is_ready_within_seconds_whichever_part_starts_first(
    site: Site, client: Client, order: Sequence[str]
) -> None:
    for name in order:
        site.scale(name, 0)
    wait_for("both to be gone", lambda: not site.release.pods("webhook") + site.release.pods("cluster"), WITHIN)
    client.delete(resources.SECRETS, TLS, NAMESPACE)
    first, second = order
    site.scale(first, 2)
    wait_for("the first to run", lambda: is_started(site, first), WITHIN)
    site.scale(second, 2)
    site.wait_working()


def is_started(site: Site, name: str) -> bool:
    """Whether every Pod of a Deployment has come as far as it can without the other: its node has told of it."""
    pods = site.release.pods(name.removeprefix(f"{RELEASE}-"))
    return len(pods) == 2 and all(sequence(pod, "status", "containerStatuses") for pod in pods)


def test_a_claim_in_a_labelled_namespace_is_filled_in_and_bound_and_its_directory_is_there(
    site: Site, client: Client, kubectl: Kubectl, make_namespace: MakeNamespace
) -> None:
    namespace = make_namespace()
    kubectl("label", "namespace", namespace, "nfs-steward.io/inject=enabled")
    wait_for("the webhook to know of the label", lambda: is_filled_in(client, namespace), WITHIN)
    client.create(resources.CLAIMS, claim("data", namespace))
    wait_for("the claim to be bound", lambda: is_bound(client, "data", namespace), WITHIN)
    bound = client.get(resources.CLAIMS, "data", namespace)
    assert bound["spec"]["storageClassName"] == "nfs"
    assert mapping(bound, "spec", "resources", "requests") == {"storage": "1Gi"}
    volume = client.get(resources.VOLUMES, bound["spec"]["volumeName"])
    assert site.bed.export.root.joinpath(Path(volume["spec"]["nfs"]["path"]).name).is_dir()


def is_filled_in(client: Client, namespace: str) -> bool:
    """Whether a claim that says nothing would be taken."""
    try:
        client.create(resources.CLAIMS, claim("tried", namespace), dry_run=True)
    except Invalid:  # nobody has filled in what it lacks
        return False
    return True


def test_a_pod_with_an_inline_volume_waits_for_its_directory_and_then_runs_on_it(
    site: Site, client: Client, team: str
) -> None:
    writing = {"command": ["sh", "-c", "echo hello > /mnt/v0/greeting; exec sleep 1000"]}
    created = client.create(resources.PODS, pod("writer", team, nfs(f"{team}/inline"), container=writing))
    assert gates(created) == [keys.DIRECTORY_GATE]
    greeting = site.bed.export.root / team / "inline" / "greeting"
    wait_for("what the Pod writes", greeting.is_file, WITHIN)
    assert not gates(client.get(resources.PODS, "writer", team))


def test_a_dead_export_holds_up_its_own_deployment_only(site: Site, client: Client, team: str) -> None:
    def dead() -> list[Json]:
        return site.release.pods("export", "dead")

    def told() -> bool:
        about = [event["message"] for event in client.list(resources.EVENTS, NAMESPACE).items if of_any(event, dead())]
        return any("192.0.2.1:/nfs/dead" in message for message in about)

    # A node tries a mount for a while before it says that it has failed.
    wait_for("its Pods to be begun", lambda: [state(pod) for pod in dead()] == ["ContainerCreating"] * 2, WITHIN)
    wait_for("an Event that says why they wait", told, WITHIN)
    site.release.wait_available(*WORKING)
    client.create(resources.CLAIMS, claim("data", team))
    wait_for("a claim on the other export", lambda: is_bound(client, "data", team), WITHIN)


def is_bound(client: Client, name: str, namespace: str) -> bool:
    """Whether a claim has its volume."""
    return phase(client.get(resources.CLAIMS, name, namespace)) == "Bound"


def state(pod: Json) -> str | None:
    """Why a Pod's first container waits; None before its node has told."""
    first = next(iter(sequence(pod, "status", "containerStatuses")), {})
    return text(first, "state", "waiting", "reason")


def of_any(event: Json, objects: list[Json]) -> bool:
    """Whether an Event is about one of these objects."""
    return event["involvedObject"].get("uid") in {each["metadata"]["uid"] for each in objects}


def test_claims_get_what_their_authors_left_out(claims: Mapping[str, Json]) -> None:
    found = {name: (text(made, "spec", "storageClassName"), fills(made)) for name, made in claims.items()}
    assert found == {name: (None if row.gets == PLUGIN else row.gets, set(row.fills)) for name, row in CLAIMS.items()}


def fills(obj: Json) -> set[str]:
    """The fields that were filled in."""
    return set(filter(None, annotations(obj).get(keys.FILLED, "").split(",")))


def test_helm_test_passes(site: Site) -> None:
    assert "Succeeded" in site.release.test()
