"""What new Pods get of claims that use more than their size, through the real API server."""

from collections.abc import Callable

import pytest

from kube import resources
from kube.client import Client
from kube.connection import connect
from policy import keys
from policy.shapes import Json, sequence
from testbed.kubectl import Kubectl
from tests.waiting import eventually

from .conftest import MakeNamespace
from .installation import Installation
from .objects import NOWHERE, pod, whole_claim
from .ways import Said, run_kubectl

USED = "2Gi of 1Gi (200 %), 3 files"
LEFT_ALONE = {"labels": {keys.INJECT: keys.INJECT_DISABLED}}

Mark = Callable[[str, bool], None]
CreatePod = Callable[..., Said]


@pytest.fixture
def mark(installation: Installation) -> Mark:
    """Mark the claim `full` as an export's controller does, or take the mark off: a fence keeps others from that."""
    controller = connect(installation.product.kubeconfig("export"))

    def mark(namespace: str, over: bool) -> None:
        marks = {"labels": {keys.OVER_QUOTA: "true" if over else None}, "annotations": {keys.USED: USED}}
        controller.patch(resources.CLAIMS, "full", {"metadata": marks}, namespace, type="merge")

    return mark


@pytest.fixture
def team_of(make_team: MakeNamespace, client: Client, mark: Mark) -> Callable[[str], str]:
    """Make a namespace of a profile, with the claims `full`, which is over its size, and `small`, which is not."""

    def make(profile: str) -> str:
        team = make_team(profile)
        for name in ("full", "small"):
            client.create(resources.CLAIMS, whole_claim(name, team))
        mark(team, True)
        return team

    return make


@pytest.fixture
def create_pod(kubectl: Kubectl) -> CreatePod:
    """Create a Pod with both claims as people do; `options` are more of `kubectl create`'s."""

    def create(team: str, name: str, *options: str, meta: Json | None = None) -> Said:
        volumes = [{"persistentVolumeClaim": {"claimName": "full", "readOnly": False}}, of_claim("small")]
        obj = pod(name, team, *volumes, meta=meta, nodeSelector=NOWHERE)
        return run_kubectl(kubectl, "create", *options, "-f", "-", objects=[obj])

    return create


def of_claim(name: str) -> Json:
    return {"persistentVolumeClaim": {"claimName": name}}


@pytest.mark.parametrize("meta", [None, LEFT_ALONE], ids=["a Pod", "a Pod to be left alone"])
def test_a_new_pod_gets_it_read_only_with_the_numbers_until_less_is_used(
    client: Client, team_of: Callable[[str], str], mark: Mark, create_pod: CreatePod, meta: Json | None
) -> None:
    team = team_of("read-only")
    eventually(lambda: create_pod(team, "tried", "--dry-run=server", meta=meta).warnings)
    (warning,) = create_pod(team, "a", meta=meta).warnings
    assert USED in warning
    assert volumes(client, team, "a") == [{"claimName": "full", "readOnly": True}, {"claimName": "small"}]
    mark(team, False)
    eventually(lambda: not create_pod(team, "tried", "--dry-run=server", meta=meta).warnings)
    create_pod(team, "b", meta=meta)
    assert volumes(client, team, "b") == [{"claimName": "full"}, {"claimName": "small"}]
    assert volumes(client, team, "a")[0]["readOnly"], "what is there already stays as it was created"


def volumes(client: Client, team: str, name: str) -> list[Json]:
    """The claims among a Pod's volumes; the API server adds one of its own for the account's token."""
    found = client.get(resources.PODS, name, team)
    return [
        each["persistentVolumeClaim"] for each in sequence(found, "spec", "volumes") if "persistentVolumeClaim" in each
    ]


@pytest.mark.parametrize("meta", [None, LEFT_ALONE], ids=["a Pod", "a Pod to be left alone"])
def test_a_new_pod_is_refused_with_the_numbers_until_less_is_used(
    team_of: Callable[[str], str], mark: Mark, create_pod: CreatePod, meta: Json | None
) -> None:
    team = team_of("blocking")
    eventually(lambda: create_pod(team, "tried", "--dry-run=server", meta=meta).status != 0)
    refused = create_pod(team, "a", meta=meta)
    assert refused.status != 0
    for told in ("refusals.nfs-steward.io", "claim full", USED, "profile blocking"):
        assert told in refused.errors
    mark(team, False)
    eventually(lambda: create_pod(team, "tried", "--dry-run=server", meta=meta).status == 0)
    assert create_pod(team, "a", meta=meta).status == 0


def test_where_the_profile_only_warns_pods_are_not_disturbed(
    team_of: Callable[[str], str], create_pod: CreatePod, client: Client
) -> None:
    team = team_of("inert")
    said = create_pod(team, "a")
    assert (said.status, said.warnings) == (0, [])
    assert volumes(client, team, "a") == [{"claimName": "full"}, {"claimName": "small"}]
