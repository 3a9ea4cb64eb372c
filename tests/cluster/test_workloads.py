"""Claims and Pods that nobody wrote: Kubernetes' own controllers make them from templates."""

from collections.abc import Iterator
from typing import Any

import pytest

from kube import resources
from kube.client import Client
from policy import keys
from policy.shapes import Json, annotations, labels
from testbed.kubectl import Kubectl
from tests.waiting import WITHIN

from .conftest import SetDefault
from .installation import INERT, STANDARD
from .objects import DEAD, MODES, NOWHERE, SIZE, gates, nfs, pod, template
from .recording import recording
from .ways import run_kubectl


def stateful_set(namespace: str, **claim_spec: Any) -> Json:
    """One replica with a claim of its own and an inline volume."""
    pattern = pod("", None, nfs("x", DEAD), nodeSelector=NOWHERE)["spec"]
    labelled = {"app": "db"}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": namespace},
        "spec": {
            "replicas": 1,
            "serviceName": "db",
            "selector": {"matchLabels": labelled},
            "template": {"metadata": {"labels": labelled}, "spec": {**pattern, "terminationGracePeriodSeconds": 10}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim_spec}],
        },
    }


@pytest.fixture(params=[None, STANDARD], ids=["no default class", "a default class"])
def default_class(request: pytest.FixtureRequest, set_default_class: SetDefault) -> Iterator[None]:
    """The cluster's default class: claims are made by controllers, and the API server's plugin comes to them, too."""
    set_default_class(request.param)
    yield
    set_default_class(None)


@pytest.mark.usefixtures("default_class")
def test_a_stateful_sets_claims_and_pods_are_filled_in(client: Client, kubectl: Kubectl, inert_team: str) -> None:
    with (
        recording(client, resources.CLAIMS, inert_team) as claims,
        recording(client, resources.PODS, inert_team) as pods,
    ):
        kubectl.create(stateful_set(inert_team, **SIZE, **MODES))
        claim = claims.wait_for("the claim", lambda now: now.get("data-db-0"), WITHIN)
        made = pods.wait_for("the Pod", lambda now: now.get("db-0"), WITHIN)
    assert claim["spec"]["storageClassName"] == INERT
    assert annotations(claim)[keys.FILLED] == "spec.storageClassName"
    assert annotations(claim)[keys.EFFECTIVE_MOUNT_OPTIONS] == "hard,noatime"
    assert gates(made) == [keys.DIRECTORY_GATE]
    assert labels(made)[keys.INLINE] == "true"


def test_the_api_server_refuses_a_stateful_sets_template_without_a_size_before_anybody_is_asked(
    kubectl: Kubectl, inert_team: str
) -> None:
    said = run_kubectl(kubectl, "create", "-f", "-", objects=[stateful_set(inert_team, **MODES)])
    assert said.status == 1
    assert "spec.volumeClaimTemplates[0].spec.resources[storage]: Required value" in said.errors


@pytest.mark.usefixtures("default_class")
def test_a_generic_ephemeral_volumes_claim_has_what_its_pods_template_got(client: Client, inert_team: str) -> None:
    with recording(client, resources.CLAIMS, inert_team) as claims:
        asking = {"annotations": {keys.MOUNT_OPTIONS: "rsize=65536"}}
        client.create(resources.PODS, pod("scratch", inert_team, template(asking), nodeSelector=NOWHERE))
        claim = claims.wait_for("the claim", lambda now: now.get("scratch-v0"), WITHIN)
    assert claim["spec"]["storageClassName"] == INERT
    assert claim["spec"]["resources"]["requests"]["storage"] == "1Gi"
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert annotations(claim)[keys.EFFECTIVE_MOUNT_OPTIONS] == "hard,noatime,rsize=65536"


def test_a_jobs_pod_waits_for_its_directory(client: Client, kubectl: Kubectl, inert_team: str) -> None:
    spec = {**pod("", None, nfs("x", DEAD), nodeSelector=NOWHERE)["spec"], "restartPolicy": "Never"}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once", "namespace": inert_team}}
    with recording(client, resources.PODS, inert_team) as pods:
        kubectl.create({**job, "spec": {"template": {"spec": spec}}})
        (made,) = pods.wait_for("the Pod", lambda now: list(now.values()), WITHIN)
    assert gates(made) == [keys.DIRECTORY_GATE]
