"""The Pods and claims that Kubernetes' controllers make from a workload's templates.

As far as a webhook could notice, they are made here as the controllers make them: for a StatefulSet that is
`newStatefulSetPod` and `getPersistentVolumeClaims` in Kubernetes' pkg/controller/statefulset.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from policy.shapes import Json, labels, mapping, sequence, text

UNKNOWN: Final = "*"
"""Stands in names for what a controller or the API server makes up, such as the end of a Deployment's Pod's name."""

POD_TEMPLATES: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("", "ReplicationController"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}
"""Where each kind of workload (API group, kind) keeps the template of its Pods."""


def objects_made(workload: Json, template_path: tuple[str, ...]) -> Iterator[Json]:
    """Yield what the workload's controller would create first: of a StatefulSet the claims, then of each its Pod.

    The workload's metadata carries its namespace. Raises `WrongShape` where it is malformed.
    """
    template = mapping(workload, *template_path)
    if workload["kind"] == "StatefulSet":
        yield from _of_stateful_set(workload, template)
    else:
        owner = text(workload, "metadata", "name") or ""
        yield _pod(template, workload, {"generateName": f"{owner}-"})


def ephemeral_claims(pod: Json, pod_name: str) -> Iterator[Json]:
    """Yield the claims made for a Pod's generic ephemeral volumes (pkg/controller/volume/ephemeral)."""
    for volume in sequence(pod, "spec", "volumes"):
        template = mapping(volume, "ephemeral", "volumeClaimTemplate")
        if template:
            yield _claim(template, pod, f"{pod_name}-{text(volume, 'name')}")


def _of_stateful_set(workload: Json, template: Mapping[str, Any]) -> Iterator[Json]:
    ordinal = mapping(workload, "spec", "ordinals").get("start") or 0
    pod_name = f"{text(workload, 'metadata', 'name')}-{ordinal}"
    claims = {}
    for claim_template in sequence(workload, "spec", "volumeClaimTemplates"):
        name = text(claim_template, "metadata", "name") or ""
        claims[name] = _claim(claim_template, workload, f"{name}-{pod_name}")
        selected = mapping(workload, "spec", "selector", "matchLabels")
        claims[name]["metadata"]["labels"] = {**labels(claim_template), **selected}
    yield from claims.values()
    pod = _pod(template, workload, {"name": pod_name})
    volumes = [volume for volume in sequence(pod, "spec", "volumes") if text(volume, "name") not in claims]
    mounted = [_claim_volume(name, claim["metadata"]["name"]) for name, claim in claims.items()]
    if mounted or volumes:
        pod["spec"]["volumes"] = mounted + volumes
    yield pod


def _pod(template: Mapping[str, Any], workload: Json, naming: Json) -> Json:
    return _made("Pod", template, workload, naming)


def _claim(template: Mapping[str, Any], owner: Json, name: str) -> Json:
    return _made("PersistentVolumeClaim", template, owner, {"name": name})


def _made(kind: str, template: Mapping[str, Any], owner: Json, naming: Json) -> Json:
    carried = {key: mapping(template, "metadata", key) for key in ("labels", "annotations")}
    metadata = (
        naming | {"namespace": owner["metadata"]["namespace"]} | {key: val for key, val in carried.items() if val}
    )
    return deepcopy({"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": mapping(template, "spec")})


def _claim_volume(name: str, claim_name: str) -> Json:
    return {"name": name, "persistentVolumeClaim": {"claimName": claim_name}}
