"""Whether the provisioner that is taken over from still runs, and how to stop it.

How they are deployed is in their own manifests: nfs-subdir-external-provisioner's deploy/deployment.yaml names itself
in a variable, csi-driver-nfs's deploy/csi-nfs-controller.yaml runs a plugin beside the sidecar that makes its volumes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from policy import keys
from policy.shapes import Json, labels, mapping, sequence, text

_NAME_VARIABLE: Final = "PROVISIONER_NAME"
_CSI_IMAGES: Final = frozenset({"csi-provisioner", "nfsplugin"})
_SCALED: Final = frozenset({"Deployment", "ReplicaSet", "StatefulSet"})
_ENDED: Final = frozenset({"Succeeded", "Failed"})


@dataclass(frozen=True, slots=True, order=True)
class Runner:
    """What keeps a provisioner running: a Deployment, another workload, or a Pod by itself."""

    namespace: str
    kind: str
    name: str

    @property
    def stop(self) -> str:
        """The command that stops it and leaves everything that it made."""
        if self.kind in _SCALED:
            return f"kubectl -n {self.namespace} scale {self.kind.lower()} {self.name} --replicas=0"
        return f"kubectl -n {self.namespace} delete {self.kind.lower()} {self.name}"


def runners(provisioner: str, deployments: Iterable[Json], pods: Iterable[Json]) -> tuple[Runner, ...]:
    """Everything that keeps `provisioner` running, in order; also a Deployment of no replicas whose Pods still end."""
    found = {*_wanted(provisioner, deployments), *_living(provisioner, pods)}
    return tuple(sorted(found))


def _wanted(provisioner: str, deployments: Iterable[Json]) -> Iterator[Runner]:
    for deployment in deployments:
        spec = mapping(deployment, "spec")
        if spec.get("replicas") != 0 and _runs(mapping(spec, "template", "spec"), provisioner):
            yield _runner("Deployment", deployment)


def _living(provisioner: str, pods: Iterable[Json]) -> Iterator[Runner]:
    for pod in pods:
        if text(pod, "status", "phase") not in _ENDED and _runs(mapping(pod, "spec"), provisioner):
            yield _behind(pod)


def _behind(pod: Json) -> Runner:
    """Who would put another Pod in its place. A ReplicaSet of a Deployment is called after it and the template's hash:
    https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label
    """
    owner = next((each for each in sequence(pod, "metadata", "ownerReferences") if each.get("controller")), None)
    if owner is None:
        return _runner("Pod", pod)
    namespace, kind, name = text(pod, "metadata", "namespace") or "", str(owner["kind"]), str(owner["name"])
    suffix = f"-{labels(pod).get('pod-template-hash')}"
    if kind == "ReplicaSet" and name.endswith(suffix):
        return Runner(namespace, "Deployment", name.removesuffix(suffix))
    return Runner(namespace, kind, name)


def _runs(pod_spec: Mapping[str, Any], provisioner: str) -> bool:
    containers = sequence(pod_spec, "containers")
    if provisioner == keys.NFS_CSI_DRIVER:
        return {_image_name(text(each, "image") or "") for each in containers} >= _CSI_IMAGES
    variables = (variable for each in containers for variable in sequence(each, "env"))
    return any(each.get("name") == _NAME_VARIABLE and each.get("value") == provisioner for each in variables)


def _image_name(image: str) -> str:
    """`csi-provisioner` of `registry.k8s.io/sig-storage/csi-provisioner:v6.3.0`."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _runner(kind: str, obj: Json) -> Runner:
    return Runner(text(obj, "metadata", "namespace") or "", kind, text(obj, "metadata", "name") or "")
