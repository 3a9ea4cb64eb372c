"""The objects that limit a namespace, as they are written."""

import hashlib

import orjson

from controller.decisions.limits.facts import Part
from policy import keys
from policy.shapes import Json


def limits_manifest(part: Part, namespace: str, spec: Json, told: str = "") -> Json:
    """The whole object: a new one, or what takes the place of the one that was found, if that has not changed. Nothing
    stays of what others have written there: an owner would take it along, a finalizer hold it.
    """
    annotations = {keys.WRITTEN: fingerprint(spec)} | ({keys.TOLD: told} if told else {})
    metadata: Json = {
        "name": keys.LIMITS,
        "namespace": namespace,
        "labels": {keys.MANAGED_BY: keys.MANAGED_BY_US},
        "annotations": annotations,
    }
    if part.found:
        metadata |= {"uid": part.found.uid, "resourceVersion": part.found.version}
    return {
        "apiVersion": part.resource.api_version,
        "kind": part.resource.kind,
        "metadata": metadata,
        "spec": spec,
    }


def fingerprint(spec: Json) -> str:
    """What stands for a spec: another one for another spec, as good as always."""
    return hashlib.sha256(orjson.dumps(spec, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
