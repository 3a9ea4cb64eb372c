"""What is counted of reviews, and of what a worker serves with."""

import pytest
from prometheus_client import CollectorRegistry

from policy.shapes import Json
from runtime.policyfile import Loads
from webhook.admission import Admission
from webhook.cluster import StillCluster
from webhook.metrics import ReviewMetrics, StateMetrics
from webhook.reviews import Side

from .objects import claim, ephemeral, nfs, pod, review


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.mark.parametrize(
    ("obj", "side", "labels"),
    [
        pytest.param(
            claim(),
            "mutate",
            {
                "kind": "PersistentVolumeClaim",
                "outcome": "patched",
                "filled": "metadata.annotations,spec.accessModes,spec.resources.requests.storage,spec.storageClassName",
            },
            id="a claim",
        ),
        pytest.param(
            pod(nfs()),
            "mutate",
            {"kind": "Pod", "outcome": "patched", "filled": "metadata.labels,spec.schedulingGates"},
            id="a Pod",
        ),
        pytest.param(
            pod(ephemeral(), ephemeral(accessModes=["ReadWriteOnce"])),
            "mutate",
            {
                "kind": "Pod",
                "outcome": "patched",
                "filled": "metadata.annotations,spec.accessModes,spec.resources.requests.storage,spec.storageClassName",
            },
            id="templates",
        ),
        pytest.param(pod(), "mutate", {"kind": "Pod", "outcome": "allowed", "filled": ""}, id="nothing to do"),
        pytest.param(
            {"kind": "Deployment"}, "mutate", {"kind": "other", "outcome": "allowed", "filled": ""}, id="another kind"
        ),
        pytest.param(
            {"kind": "PersistentVolumeClaim", "metadata": {"namespace": "team-a"}, "spec": 1},
            "mutate",
            {"kind": "PersistentVolumeClaim", "outcome": "failed", "filled": ""},
            id="a failure",
        ),
    ],
)
def test_reviews_are_counted_by_kind_outcome_and_fields(
    cluster: StillCluster, registry: CollectorRegistry, obj: Json, side: Side, labels: dict[str, str]
) -> None:
    admission = Admission(cluster, [ReviewMetrics(registry).reviewed])
    for _ in range(2):
        admission.respond(side, review(obj))
    assert registry.get_sample_value("nfs_steward_webhook_reviews_total", {"side": side, **labels}) == 2
    assert registry.get_sample_value("nfs_steward_webhook_review_seconds_count", {"side": side}) == 2
    assert (registry.get_sample_value("nfs_steward_webhook_review_seconds_sum", {"side": side}) or 0) > 0


@pytest.mark.parametrize("kind", ["PersistentVolumeClaim", "PersistentVolume", "Pod", "other"])
@pytest.mark.parametrize("side", ["mutate", "validate"])
def test_failures_are_counted_from_nought_on(registry: CollectorRegistry, side: Side, kind: str) -> None:
    """An alert that asks by how much a count has risen would miss the first one."""
    ReviewMetrics(registry)
    labels = {"side": side, "kind": kind, "outcome": "failed", "filled": ""}
    assert registry.get_sample_value("nfs_steward_webhook_reviews_total", labels) == 0


@pytest.mark.parametrize("name", ["spec", "a,b", "x" * 1000])
def test_names_that_tenants_choose_make_no_new_series(
    cluster: StillCluster, registry: CollectorRegistry, name: str
) -> None:
    rewriting = StillCluster(
        cluster.policy, {"team-a": {**cluster.namespaces["team-a"], "nfs-steward.io/profile": "csi"}}
    )
    Admission(rewriting, [ReviewMetrics(registry).reviewed]).respond("mutate", review(pod({**nfs(), "name": name})))
    labels = {
        "side": "mutate",
        "kind": "Pod",
        "outcome": "patched",
        "filled": "metadata.labels,spec.schedulingGates,spec.volumes",
    }
    assert registry.get_sample_value("nfs_steward_webhook_reviews_total", labels) == 1


def test_refused_requests_are_counted_by_status(registry: CollectorRegistry) -> None:
    metrics = ReviewMetrics(registry)
    metrics.refused(415)
    metrics.refused(415)
    assert registry.get_sample_value("nfs_steward_webhook_refused_requests_total", {"status": "415"}) == 2


def test_policy_reloads_are_counted_as_they_come(registry: CollectorRegistry) -> None:
    metrics = StateMetrics(registry)
    metrics.state(5.0, Loads(1, 0))
    metrics.state(7.0, Loads(3, 1))
    total = "nfs_steward_webhook_policy_reloads_total"
    assert registry.get_sample_value(total, {"outcome": "accepted"}) == 3
    assert registry.get_sample_value(total, {"outcome": "refused"}) == 1
    assert registry.get_sample_value("nfs_steward_webhook_certificate_expiry_timestamp_seconds") == 7.0
