"""Pods as processes, on the session's testbed: they come to the node that they tolerate, and run as they say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kube import resources
from kube.client import Client
from kube.errors import NotFound
from policy.shapes import Json, sequence, text
from testbed.bed import Testbed
from testbed.errors import PartUnavailable
from testbed.https import get
from testbed.pods.local_node import TOLERATIONS, LocalNode
from testbed.pods.status import is_ready
from testbed.waiting import wait_for
from tests.waiting import WITHIN

SERVES = "exec python3 -m http.server --bind=$(POD_IP) --directory=/etc/page 8000"
LOOKS = "id -u; grep CapEff /proc/self/status; ls /var/run/secrets/kubernetes.io/serviceaccount; touch /x"


@pytest.fixture(scope="module")
def local_node(testbed: Testbed) -> Iterator[LocalNode]:
    """A node of processes beside the testbed's own. Skips where this machine has no namespaces for them."""
    try:
        node = testbed.add_local_node()
    except PartUnavailable as problem:
        pytest.skip(str(problem))
    yield node
    assert node.process is not None
    testbed.kubectl("delete", "node", node.name)
    node.process.stop()


def pod(name: str, namespace: str, command: str, **spec: Any) -> Json:
    """A Pod for the local node, which runs a command of the shell."""
    container = {
        "name": "c",
        "image": "none",
        "command": ["sh", "-c", command],
        "env": [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
        **spec.pop("container", {}),
    }
    whole = {"nodeName": "local", "tolerations": TOLERATIONS, "containers": [container], **spec}
    metadata = {"name": name, "namespace": namespace, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": whole}


def container_status(client: Client, name: str, namespace: str) -> Json:
    """What is said of a Pod's container now."""
    statuses = sequence(client.get(resources.PODS, name, namespace), "status", "containerStatuses")
    return dict(statuses[0]) if statuses else {}


def page(text: str, namespace: str) -> Json:
    """A ConfigMap with a page."""
    metadata = {"name": "page", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"index.html": text}}


def test_a_pod_waits_for_its_volume_serves_it_through_a_service_and_follows_it(
    local_node: LocalNode, testbed: Testbed, client: Client, namespace: str
) -> None:
    serving = pod(
        "web",
        namespace,
        SERVES,
        container={
            "readinessProbe": {"httpGet": {"port": 8000}, "periodSeconds": 1},
            "volumeMounts": [{"name": "page", "mountPath": "/etc/page"}],
        },
        volumes=[{"name": "page", "configMap": {"name": "page"}}],
        terminationGracePeriodSeconds=1,
    )
    service: Json = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": namespace}}
    service["spec"] = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8000}]}
    testbed.kubectl.create(serving, service)
    address = client.get(resources.SERVICES, "web", namespace)["spec"]["clusterIP"]

    def told(words: str) -> bool:
        return any(words in event["message"] for event in client.list(resources.EVENTS, namespace).items)

    wait_for("an Event about the ConfigMap", lambda: told(f'configmap "{namespace}/page" not found'), WITHIN)
    testbed.kubectl.create(page("one", namespace))
    wait_for("the Pod to be ready", lambda: is_ready(client.get(resources.PODS, "web", namespace)), WITHIN)
    wait_for("the first page", lambda: read(address) == "one", WITHIN)
    testbed.kubectl.apply(page("two", namespace))
    wait_for("the second page", lambda: read(address) == "two", WITHIN)

    testbed.kubectl("delete", "pod", "web", f"--namespace={namespace}")
    wait_for("nobody to listen", lambda: read(address) is None, WITHIN)
    assert not [line for line in Path("/proc/mounts").read_text().splitlines() if "/etc/page" in line]


def read(address: str) -> str | None:
    """What a Service answers; None while it refuses connections."""
    try:
        return get(f"http://{address}/")
    except OSError:
        return None


def test_a_container_is_who_it_is_told_to_be_and_leaves_no_trace(
    local_node: LocalNode, testbed: Testbed, client: Client, namespace: str
) -> None:
    limits = {"readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}, "runAsUser": 65532}
    testbed.kubectl.create(pod("who", namespace, LOOKS, container={"securityContext": limits}, restartPolicy="Never"))
    wait_for(
        "its end", lambda: text(client.get(resources.PODS, "who", namespace), "status", "phase") == "Failed", WITHIN
    )
    said = local_node.pod_log(namespace, "who", "c")
    assert said.split()[:3] == ["65532", "CapEff:", "0000000000000000"]
    assert {"ca.crt", "namespace", "token"} <= set(said.split())
    assert "Read-only file system" in said
    assert not Path("/x").exists()


def test_a_container_that_ends_is_started_again(
    local_node: LocalNode, testbed: Testbed, client: Client, namespace: str
) -> None:
    testbed.kubectl.create(pod("ends", namespace, "exit 3"))
    wait_for(
        "it to have come back twice",
        lambda: container_status(client, "ends", namespace).get("restartCount", 0) >= 2,
        WITHIN,
    )
    assert container_status(client, "ends", namespace)["lastState"]["terminated"]["exitCode"] == 3
    testbed.kubectl("delete", "pod", "ends", f"--namespace={namespace}")
    with pytest.raises(NotFound):
        client.get(resources.PODS, "ends", namespace)
