"""Where connections to Services go, as kube-proxy has it: pure.

https://kubernetes.io/docs/reference/networking/virtual-ips/
"""

from collections.abc import Iterable, Mapping
from typing import Any

from policy.shapes import Json, labels, mapping, sequence, text
from testbed.pods.probes import port_number
from testbed.pods.status import is_ready

Endpoint = tuple[str, int]
"""An address and a port."""
Routes = Mapping[Endpoint, tuple[Endpoint, ...]]
"""For each port of a Service's ClusterIP, the Pods that take turns; a port without any refuses connections."""


def routes(services: Iterable[Json], pods: Iterable[Json]) -> Routes:
    """The routes for these Services, over the Pods that are on this node."""
    here = list(pods)
    return {
        (text(service, "spec", "clusterIP") or "", int(port["port"])): _targets(service, port, here)
        for service in services
        if _is_forwarded(service)
        for port in sequence(service, "spec", "ports")
        if port.get("protocol", "TCP") == "TCP"
    }


def _is_forwarded(service: Json) -> bool:
    address = text(service, "spec", "clusterIP")
    return bool(mapping(service, "spec", "selector")) and address not in (None, "", "None")


def _targets(service: Json, port: Mapping[str, Any], pods: Iterable[Json]) -> tuple[Endpoint, ...]:
    ready = [pod for pod in pods if _is_selected(service, pod) and is_ready(pod)]
    staying = [pod for pod in ready if "deletionTimestamp" not in pod["metadata"]]
    # Where all that could serve are on their way out, those are better than none.
    found = (_endpoint(pod, port.get("targetPort") or port["port"]) for pod in staying or ready)
    return tuple(sorted(endpoint for endpoint in found if endpoint))


def _is_selected(service: Json, pod: Json) -> bool:
    same_namespace = text(pod, "metadata", "namespace") == text(service, "metadata", "namespace")
    return same_namespace and mapping(service, "spec", "selector").items() <= labels(pod).items()


def _endpoint(pod: Json, target: Any) -> Endpoint | None:
    address = text(pod, "status", "podIP")
    for container in sequence(pod, "spec", "containers"):
        named = {entry.get("name") for entry in sequence(container, "ports")}
        if address and (isinstance(target, int) or target in named):
            return address, port_number(target, container)
    return None
