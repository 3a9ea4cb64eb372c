"""A claim of which Git has less than the cluster, in the ways that GitOps tools apply: the table in docs/gitops.md."""

import json

import pytest

from kube import resources
from kube.client import Client
from policy import keys
from policy.shapes import Json, annotations
from testbed.kubectl import Kubectl

from .installation import INERT
from .objects import claim, whole_claim
from .ways import run_kubectl

CLIENT_SIDE = ["apply"]
SERVER_SIDE = ["apply", "--server-side", "--force-conflicts", "--field-manager=gitops"]

APPLYING = pytest.mark.parametrize(
    "way", [pytest.param(CLIENT_SIDE, id="client-side"), pytest.param(SERVER_SIDE, id="server-side")]
)
IMMUTABLE = "spec is immutable after creation except resources.requests"


@APPLYING
def test_applying_it_again_leaves_what_was_filled_in(
    client: Client, kubectl: Kubectl, inert_team: str, way: list[str]
) -> None:
    in_git = claim("data", inert_team)
    for meta in ({}, {"labels": {"revision": "2"}}, {}):
        kubectl(*way, "-f", "-", stdin=as_text({**in_git, "metadata": {**in_git["metadata"], **meta}}))
        live = client.get(resources.CLAIMS, "data", inert_team)
        assert live["spec"]["storageClassName"] == INERT
        assert {"spec.storageClassName", "spec.accessModes"} <= set(annotations(live)[keys.FILLED].split(","))
        assert live["spec"]["resources"]["requests"]["storage"]


@APPLYING
def test_nothing_is_to_be_applied_afterwards(kubectl: Kubectl, inert_team: str, way: list[str]) -> None:
    in_git = as_text(claim("data", inert_team))
    kubectl(*way, "-f", "-", stdin=in_git)
    options = [option for option in way[1:] if not option.startswith("--force")]
    assert kubectl("diff", *options, "-f", "-", stdin=in_git) == ""


def test_replacing_it_is_refused(kubectl: Kubectl, inert_team: str) -> None:
    in_git = whole_claim("data", inert_team)
    kubectl.create(in_git)
    said = run_kubectl(kubectl, "replace", "-f", "-", objects=[in_git])
    assert said.status == 1
    assert IMMUTABLE in said.errors


def test_replacing_it_by_force_makes_another_claim(client: Client, kubectl: Kubectl, inert_team: str) -> None:
    in_git = whole_claim("data", inert_team)
    before = client.create(resources.CLAIMS, in_git)["metadata"]["uid"]
    kubectl("replace", "--force", "-f", "-", stdin=as_text(in_git))
    assert client.get(resources.CLAIMS, "data", inert_team)["metadata"]["uid"] != before


@APPLYING
def test_a_class_that_goes_from_git_is_missed(kubectl: Kubectl, inert_team: str, way: list[str]) -> None:
    kubectl(*way, "-f", "-", stdin=as_text(whole_claim("data", inert_team, storageClassName=INERT)))
    said = run_kubectl(kubectl, *way, "-f", "-", objects=[whole_claim("data", inert_team)])
    assert said.status == 1
    assert IMMUTABLE in said.errors


def as_text(obj: Json) -> str:
    """An object as kubectl reads it."""
    return json.dumps(obj)
