"""What the API server does by itself: to an object before it asks any webhook, and to templates instead of asking.

https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#defaultstorageclass and
https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

from collections.abc import Iterator, Mapping
from typing import Any

from policy import keys
from policy.shapes import Json, annotations, mapping, sequence, text

# What validation wants of every claim. It comes after the webhooks for a bare claim, and for the templates inside
# a workload when that workload is created: before there is a claim that a webhook could be asked about.
_REQUIRED = (("spec", "resources", "requests", "storage"), ("spec", "accessModes"))


def as_received(obj: Json, default_class: str | None) -> Json:
    """Return a copy of `obj` as a webhook is shown it on CREATE: who wrote what is recorded, then plugins have run."""
    recorded = obj if sequence(obj, "metadata", "managedFields") else _with_authorship(obj)
    return _with_default_class(recorded, default_class)


def takes_default_class(claim: Json) -> bool:
    """Whether the DefaultStorageClass plugin would give `claim` a class: none is named, in the old way or the new."""
    return text(claim, "spec", "storageClassName") is None and keys.LEGACY_CLASS_ANNOTATION not in annotations(claim)


def missing_in_claim(claim: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the fields that validation requires of a claim, or of a template of claims, and that are not there."""
    return tuple(".".join(path) for path in _REQUIRED if not mapping(claim, *path[:-1]).get(path[-1]))


def missing_in_templates(workload: Json, template_path: tuple[str, ...]) -> tuple[str, ...]:
    """Name every field that the templates in a workload lack and the API server requires when it is created."""
    return tuple(
        f"{place}.{field}"
        for place, template in _claim_templates(workload, template_path)
        for field in missing_in_claim(template)
    )


def _claim_templates(workload: Json, template_path: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if workload["kind"] == "StatefulSet":
        for index, template in enumerate(sequence(workload, "spec", "volumeClaimTemplates")):
            yield f"spec.volumeClaimTemplates[{index}]", template
    for index, volume in enumerate(sequence(workload, *template_path, "spec", "volumes")):
        template = mapping(volume, "ephemeral", "volumeClaimTemplate")
        if template:
            yield f"{'.'.join(template_path)}.spec.volumes[{index}].ephemeral.volumeClaimTemplate", template


def _with_authorship(obj: Json) -> Json:
    stated = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind", "status")}
    record = {"manager": "explain", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": _fields(stated)}
    metadata = {**mapping(obj, "metadata"), "managedFields": [record]}
    return {**obj, "metadata": metadata}


def _fields(stated: Mapping[str, Any]) -> Json:
    """The FieldsV1 of what is stated. Lists are taken whole; `null` states nothing, as for the API server."""
    return {
        f"f:{key}": _fields(value) if isinstance(value, dict) else {}
        for key, value in stated.items()
        if value is not None
    }


def _with_default_class(obj: Json, default_class: str | None) -> Json:
    if obj["kind"] != "PersistentVolumeClaim" or default_class is None or not takes_default_class(obj):
        return obj
    return {**obj, "spec": {**mapping(obj, "spec"), "storageClassName": default_class}}
