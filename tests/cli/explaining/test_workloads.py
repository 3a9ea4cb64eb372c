import pytest

from cli.explaining.workloads import POD_TEMPLATES, ephemeral_claims, objects_made
from policy.errors import WrongShape

POD_TEMPLATE = {
    "metadata": {"name": "ignored", "labels": {"app": "web"}, "annotations": {"note": "x"}},
    "spec": {"containers": [{"name": "c"}], "volumes": [{"name": "share", "nfs": {"server": "s", "path": "/p"}}]},
}


def workload(group: str, kind: str, **spec: object) -> dict[str, object]:
    metadata = {"name": "web", "namespace": "team"}
    template_path = POD_TEMPLATES[group, kind]
    body: dict[str, object] = {"template": POD_TEMPLATE, **spec}
    if kind == "CronJob":
        body = {"jobTemplate": {"spec": body}}
    assert template_path[0] == "spec"
    return {"apiVersion": f"{group}/v1" if group else "v1", "kind": kind, "metadata": metadata, "spec": body}


def made(obj: dict[str, object], group: str = "apps") -> list[dict[str, object]]:
    return list(objects_made(obj, POD_TEMPLATES[group, str(obj["kind"])]))


@pytest.mark.parametrize(("group", "kind"), [key for key in POD_TEMPLATES if key[1] != "StatefulSet"])
def test_every_workload_makes_a_pod_from_its_template_with_a_generated_name(group, kind):
    (pod,) = made(workload(group, kind), group)
    assert pod == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": "web-",
            "namespace": "team",
            "labels": {"app": "web"},
            "annotations": {"note": "x"},
        },
        "spec": POD_TEMPLATE["spec"],
    }


CLAIM_TEMPLATE = {"metadata": {"name": "data", "labels": {"tier": "gold"}}, "spec": {"accessModes": ["ReadWriteOnce"]}}


def test_a_stateful_set_makes_its_first_claims_and_then_the_pod_that_mounts_them():
    claim, pod = made(
        workload(
            "apps",
            "StatefulSet",
            volumeClaimTemplates=[CLAIM_TEMPLATE],
            selector={"matchLabels": {"app": "web"}},
        )
    )
    assert claim == {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data-web-0", "namespace": "team", "labels": {"tier": "gold", "app": "web"}},
        "spec": {"accessModes": ["ReadWriteOnce"]},
    }
    assert pod["metadata"]["name"] == "web-0"
    assert pod["spec"]["volumes"] == [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}},
        {"name": "share", "nfs": {"server": "s", "path": "/p"}},
    ]


def test_a_claim_takes_the_place_of_a_volume_of_its_name():
    template = {"metadata": {"name": "share"}, "spec": {}}
    *_, pod = made(workload("apps", "StatefulSet", volumeClaimTemplates=[template]))
    assert pod["spec"]["volumes"] == [{"name": "share", "persistentVolumeClaim": {"claimName": "share-web-0"}}]


def test_ordinals_may_start_elsewhere():
    objects = made(workload("apps", "StatefulSet", volumeClaimTemplates=[CLAIM_TEMPLATE], ordinals={"start": 5}))
    assert [obj["metadata"]["name"] for obj in objects] == ["data-web-5", "web-5"]


def test_what_is_made_shares_nothing_with_the_template():
    (pod,) = made(workload("apps", "Deployment"))
    pod["spec"]["volumes"].clear()
    pod["metadata"]["labels"]["app"] = "changed"
    assert POD_TEMPLATE["spec"]["volumes"]
    assert POD_TEMPLATE["metadata"]["labels"] == {"app": "web"}


def test_a_generic_ephemeral_volume_makes_a_claim_named_after_pod_and_volume():
    template = {"metadata": {"annotations": {"a": "b"}}, "spec": {"accessModes": ["ReadWriteMany"]}}
    volumes = [{"name": "plain", "emptyDir": {}}, {"name": "scratch", "ephemeral": {"volumeClaimTemplate": template}}]
    pod = {"metadata": {"name": "web-0", "namespace": "team"}, "spec": {"volumes": volumes}}
    (claim,) = ephemeral_claims(pod, "web-0")
    assert claim["metadata"] == {"name": "web-0-scratch", "namespace": "team", "annotations": {"a": "b"}}
    assert claim["spec"] == template["spec"]


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"template": 5}, id="a template that is a number"),
        pytest.param({"template": {"metadata": {"labels": []}}}, id="labels that are a list"),
        pytest.param({"template": {"spec": {"volumes": {}}}}, id="volumes that are an object"),
        pytest.param({"template": {"spec": {"volumes": ["x"]}}}, id="a volume that is a text"),
        pytest.param({"volumeClaimTemplates": ["x"]}, id="a claim template that is a text"),
        pytest.param({"ordinals": "x"}, id="ordinals that are a text"),
    ],
)
def test_a_malformed_workload_is_told_as_such(spec):
    with pytest.raises(WrongShape):
        made(workload("apps", "StatefulSet", **spec))
