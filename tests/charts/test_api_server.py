"""Whether a real API server takes what is rendered: by server-side dry run, with no field that it does not know."""

import json

import pytest

from testbed.errors import CommandFailed

EXPORTS = [
    {"name": "main", "server": "10.0.0.5", "path": "/nfs/data", "mountOptions": ["nfsvers=4.1", "hard"]},
    {"name": "other", "server": "fd00::7", "path": "/b", "aliases": ["nfs.example"]},
]
EVERYTHING = {
    "exports": EXPORTS,
    "profiles": [
        {"name": "default", "inlineVolumes": "deny", "overQuota": "block"},
        {"name": "rewriting", "inlineVolumes": "csi", "overQuota": "readOnly"},
    ],
    "gidRange": {"from": 100000, "to": 199999},
    "storageClasses": [
        {"name": "everything-a", "export": "main", "default": True, "parameters": {"mode": "0750", "uid": 1}},
        {
            "name": "everything-b",
            "export": "other",
            "mountOptions": ["hard"],
            "volumeBindingMode": "WaitForFirstConsumer",
        },
    ],
    "image": {"pullSecrets": ["mine"]},
    "webhook": {"nodeSelector": {"a": "b"}, "tolerations": [{"key": "a", "operator": "Exists"}]},
    "controller": {"nodeSelector": {"a": "b"}, "tolerations": [{"key": "a", "operator": "Exists"}]},
    "networkPolicy": {"enabled": True},
}
ON_THE_NODES = {
    "webhook": {"hostNetwork": True, "replicas": 1},
    "controller": {"hostNetwork": True, "runAsUser": 2147483647},
    "certificates": {"source": "existingSecret", "existingSecret": "mine"},
    "schedulingGate": False,
}
# A dry run leaves nothing behind, and Pods are only taken where these are.
NEEDED = ("Namespace", "ServiceAccount")


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="as it comes"),
        pytest.param(EVERYTHING, id="everything on"),
        pytest.param(ON_THE_NODES, id="on the nodes' network, with somebody else's certificate"),
    ],
)
def test_the_api_server_takes_everything_that_is_rendered(kubectl, namespace, render, values):
    objects = list(render(release=namespace, namespace=namespace, **values).values())
    for kind in NEEDED:
        kubectl.create(*(obj for obj in objects if obj["kind"] == kind))
    listed = {"apiVersion": "v1", "kind": "List", "items": objects}
    taken = kubectl(
        *("apply", "--server-side", "--dry-run=server", "--validate=strict", "--output=name", "-f", "-"),
        stdin=json.dumps(listed),
    )
    assert len(taken.splitlines()) == len(objects)


def test_the_api_server_would_say_so_if_a_field_were_unknown(kubectl, namespace, render):
    deployment = render(namespace=namespace)["Deployment", "nfs-steward-webhook"]
    deployment["spec"]["template"]["spec"]["containers"][0]["lifecycle"]["preStart"] = {}
    with pytest.raises(CommandFailed, match="preStart"):
        kubectl(
            *("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"),
            stdin=json.dumps(deployment),
        )


@pytest.mark.parametrize(
    ("component", "values", "level"),
    [
        pytest.param("webhook", {}, "restricted", id="the webhook"),
        pytest.param("cluster", {}, "restricted", id="the cluster's controller"),
        pytest.param("export", {}, "baseline", id="an export's controller that is root"),
        pytest.param(
            "export", {"controller": {"runAsUser": 1000}}, "restricted", id="an export's controller that is not"
        ),
    ],
)
def test_pods_fit_into_a_namespace_that_enforces_pod_security(
    kubectl, make_namespace, deployment, component, values, level
):
    namespace = make_namespace({"pod-security.kubernetes.io/enforce": level})
    spec = deployment(component, namespace=namespace, **values)["spec"]["template"]["spec"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a", "namespace": namespace},
        "spec": {**spec, "serviceAccountName": "default"},
    }
    kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", stdin=json.dumps(pod))
