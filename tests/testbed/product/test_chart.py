import pytest

from policy.shapes import Json
from testbed.errors import TestbedError
from testbed.product.chart import RenderedChart, with_authority


def rendered(kind: str, component: str = "webhook", **fields: object) -> Json:
    labels = {"app.kubernetes.io/component": component}
    return {"kind": kind, "metadata": {"name": f"{component}-{kind}".lower(), "labels": labels}, **fields}


@pytest.fixture
def chart() -> RenderedChart:
    policy = rendered("ConfigMap", "policy", data={"policy.yaml": "exports: []\n"})
    kinds = ("Deployment", "Service", "ServiceAccount", "MutatingWebhookConfiguration")
    return RenderedChart((policy, *map(rendered, kinds), rendered("ServiceAccount", "cluster")))


def test_workloads_are_not_applied_and_callers_are_applied_apart(chart: RenderedChart) -> None:
    assert [obj["kind"] for obj in chart.to_apply()] == ["ConfigMap", "Service", "ServiceAccount", "ServiceAccount"]
    assert [obj["kind"] for obj in chart.callers()] == ["MutatingWebhookConfiguration"]


def test_an_object_is_found_by_kind_and_component(chart: RenderedChart) -> None:
    assert chart.one("ServiceAccount", "cluster")["metadata"]["name"] == "cluster-serviceaccount"
    with pytest.raises(TestbedError, match="renders 0 Service of the component cluster, not one"):
        chart.one("Service", "cluster")


def test_the_policy_is_the_file_that_the_chart_mounts(chart: RenderedChart) -> None:
    assert chart.policy() == "exports: []\n"
    with pytest.raises(TestbedError, match="0 policy files"):
        RenderedChart(()).policy()


def test_a_caller_is_told_whom_to_trust_in_each_of_its_webhooks() -> None:
    service = {"service": {"name": "webhook"}}
    caller = {"kind": "MutatingWebhookConfiguration", "webhooks": [{"name": "a", "clientConfig": service}] * 2}
    trusting = with_authority(caller, "QQ==")
    assert [webhook["clientConfig"] for webhook in trusting["webhooks"]] == [{**service, "caBundle": "QQ=="}] * 2
    assert caller["webhooks"][0]["clientConfig"] == service
