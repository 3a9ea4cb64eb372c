"""Prints the chart's values.schema.json: the policy model's schema, and beside it what only the chart has.

    python charts/values_schema.py > charts/nfs-steward/values.schema.json

Run by `make generate`; a test fails while the file in the chart is another one.
"""

import json
import sys
from typing import Any, Final

from policy.schema import policy_schema

Schema = dict[str, Any]


def _object(properties: dict[str, Schema], *required: str) -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return schema | ({"required": list(required)} if required else {})


_NAME: Final[Schema] = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"}

_STORAGE_CLASS: Final = _object(
    {
        "name": _NAME,
        "default": {"type": "boolean"},
        "export": {"type": "string"},
        "parameters": {"type": "object", "additionalProperties": {"type": ["string", "integer"]}},
        "volumeBindingMode": {"enum": ["Immediate", "WaitForFirstConsumer"]},
    },
    "name",
)

_PORT: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": 65535}
_OWNER: Final[Schema] = {"type": ["integer", "null"], "minimum": 0, "maximum": 2**32 - 2}
_DURATION: Final[Schema] = {"type": "string", "pattern": "^([0-9.]+(h|ms|m|s))+$"}

_PODS: Final[dict[str, Schema]] = {
    "replicas": {"type": "integer", "minimum": 1},
    "hostNetwork": {"type": "boolean"},
    "resources": {"type": "object"},
    "priorityClassName": {"type": "string"},
    "nodeSelector": {"type": "object", "additionalProperties": {"type": "string"}},
    "tolerations": {"type": "array", "items": {"type": "object"}},
}

_WEBHOOK: Final = _object(
    {
        "excludedNamespaces": {"type": "array", "items": _NAME},
        "validatingFailurePolicy": {"enum": ["Fail", "Ignore"]},
        "service": _object({"port": _PORT}),
        "port": _PORT,
        **_PODS,
        "workers": {"type": "integer", "minimum": 1, "maximum": 64},
    }
)

_CONTROLLER: Final = _object({"runAsUser": _OWNER, "runAsGroup": _OWNER, "port": _PORT, **_PODS})

_CERTIFICATES: Final = _object(
    {
        "source": {"enum": ["self", "cert-manager", "existingSecret"]},
        "existingSecret": {"type": "string"},
        "lifetime": _DURATION,
        "authorityLifetime": _DURATION,
    }
)

_LOG: Final = _object(
    {"level": {"enum": ["debug", "info", "warning", "error"]}, "format": {"enum": ["json", "text"]}}
)

_IMAGE: Final = _object(
    {
        "repository": {"type": "string", "minLength": 1},
        "tag": {"type": "string"},
        "digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
        "pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
        "pullSecrets": {"type": "array", "items": _NAME},
    }
)


def values_schema() -> Schema:
    """Return the JSON Schema of the chart's values; the policy's fields stand at their top."""
    policy = policy_schema()
    chart: Schema = {
        "storageClasses": {"type": "array", "items": _STORAGE_CLASS},
        "image": _IMAGE,
        "webhook": _WEBHOOK,
        "controller": _CONTROLLER,
        "certificates": _CERTIFICATES,
        "log": _LOG,
        # Helm puts it there when another chart depends on this one.
        "global": {"type": "object"},
    }
    about = {"title": "Values", "description": "The values of the chart nfs-steward."}
    return {**policy, **about, "properties": {**policy["properties"], **chart}}


if __name__ == "__main__":
    json.dump(values_schema(), sys.stdout, indent=2)
    sys.stdout.write("\n")
