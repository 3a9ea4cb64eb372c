"""Prints the chart's values.schema.json: the policy model's schema, and beside it what only the chart has.

    python charts/values_schema.py > charts/nfs-steward/values.schema.json

Run by `make generate`; a test fails while the file in the chart is another one. What a schema cannot say, such as two
values that contradict each other, the chart's own `templates/checks.yaml` says.

Required is what templates cannot do without, though values.yaml has it all: Helm takes away what somebody sets to null.
https://helm.sh/docs/chart_template_guide/values_files/#deleting-a-default-key
"""

import json
import sys
from typing import Any, Final

from pydantic import TypeAdapter

from policy.fields import AUTO, ClassName, Duration, ExportName, ModeBits, MountOptions, QuantityText
from policy.parameters import Existing, OnDelete, QuotaKind
from policy.schema import policy_schema

Schema = dict[str, Any]


def _object(properties: dict[str, Schema], *required: str) -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return schema | ({"required": list(required)} if required else {})


def _of(kind: Any) -> Schema:
    """The schema of a kind of value that the policy has, too."""
    return TypeAdapter(kind).json_schema()


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_TEXT: Final[Schema] = {"type": "string"}
_NAME_OR_NONE: Final[Schema] = {"type": "string", "pattern": "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$"}
_SWITCH: Final[Schema] = {"type": "boolean"}
_NAME: Final = _of(ClassName)
_PORT: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": 65535}
# A Pod knows fewer users than an export does.
_OWNER: Final[Schema] = {"type": ["integer", "null"], "minimum": 0, "maximum": 2**31 - 1}
_OWNER_TEXT: Final[Schema] = {
    "type": ["integer", "string"],
    "minimum": 0,
    "maximum": 2**32 - 2,
    "pattern": "^[0-9]{1,10}$",
}
_GROUP_TEXT: Final[Schema] = _OWNER_TEXT | {"pattern": f"^([0-9]{{1,10}}|{AUTO})$"}
_ENABLED: Final = _object({"enabled": _SWITCH})

_STORAGE_CLASS: Final = _object(
    {
        "name": _NAME,
        "default": _SWITCH,
        "export": {"anyOf": [{"type": "string"}, {"type": "array", "items": _of(ExportName)}]},
        "pathPattern": {"type": "string", "maxLength": 1024},
        "shared": _SWITCH,
        "onDelete": {"enum": [each.value for each in OnDelete]},
        "archiveFor": {"anyOf": [{"const": ""}, _of(Duration)]},
        # What the provisioner understands; it refuses every claim of a class that has others.
        "parameters": _object(
            {
                "mode": _of(ModeBits),
                "uid": _OWNER_TEXT,
                "gid": _GROUP_TEXT,
                "existing": {"enum": [each.value for each in Existing]},
            }
        ),
        "mountOptions": _of(MountOptions),
        "quota": {"enum": [each.value for each in QuotaKind]},
        "allowVolumeExpansion": _SWITCH,
        "volumeBindingMode": {"enum": ["Immediate", "WaitForFirstConsumer"]},
    },
    "name",
)

_TAG: Final[Schema] = {"type": "string", "pattern": "^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$"}
_DIGEST: Final[Schema] = {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"}

_IMAGE: Final = _object(
    {
        "repository": {"type": "string", "minLength": 1},
        "tag": _TAG,
        "digest": _DIGEST,
        "quota": _object({"repository": _TEXT, "tag": _TAG, "digest": _DIGEST}),
        "pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
        "pullSecrets": _list(_NAME),
    },
    "repository",
)

_TOLERATION: Final = _object(
    {
        "key": _TEXT,
        "operator": {"enum": ["Exists", "Equal"]},
        "value": _TEXT,
        "effect": {"enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
        "tolerationSeconds": {"type": "integer"},
    }
)

_PODS: Final[dict[str, Schema]] = {
    "replicas": {"type": "integer", "minimum": 1},
    "port": _PORT,
    "hostNetwork": _SWITCH,
    "resources": _object({"requests": _map(_of(QuantityText)), "limits": _map(_of(QuantityText))}),
    "priorityClassName": _NAME_OR_NONE,
    "nodeSelector": _map(_TEXT),
    "tolerations": _list(_TOLERATION),
}

_WEBHOOK: Final = _object(
    {
        **_PODS,
        "workers": {"type": "integer", "minimum": 1, "maximum": 64},
        "excludedNamespaces": _list(_NAME),
        "validatingFailurePolicy": {"enum": ["Fail", "Ignore"]},
        "service": _object({"port": _PORT}, "port"),
    },
    "replicas",
    "workers",
    "validatingFailurePolicy",
    "port",
    "service",
)

_CONTROLLER: Final = _object({**_PODS, "runAsUser": _OWNER, "runAsGroup": _OWNER}, "replicas", "port")

_CERTIFICATES: Final = _object(
    {
        "source": {"enum": ["self", "cert-manager", "existingSecret"]},
        "existingSecret": _NAME_OR_NONE,
        "lifetime": _of(Duration),
        "authorityLifetime": _of(Duration),
    },
    "source",
    "lifetime",
    "authorityLifetime",
)

_MONITORING: Final = _object(
    {
        "serviceMonitor": _ENABLED,
        "prometheusRule": _ENABLED,
        "labels": _map(_TEXT),
        "dashboard": _object({"enabled": _SWITCH, "labels": _map(_TEXT)}),
    },
    "serviceMonitor",
    "prometheusRule",
    "dashboard",
)

_LEVELS: Final = ["debug", "info", "warning", "error"]
_LOG: Final = _object({"level": {"enum": _LEVELS}, "format": {"enum": ["json", "text"]}}, "level", "format")

_CHART: Final[dict[str, Schema]] = {
    "storageClasses": _list(_STORAGE_CLASS),
    "image": _IMAGE,
    "webhook": _WEBHOOK,
    "controller": _CONTROLLER,
    "certificates": _CERTIFICATES,
    "networkPolicy": _ENABLED,
    "monitoring": _MONITORING,
    "policyCheck": _SWITCH,
    "log": _LOG,
    # Helm puts it there when another chart depends on this one.
    "global": {"type": "object"},
}

_NEEDED: Final = [
    "limits",  # the rights that go with them are the chart's: without, it would not know the policy's default
    "image",
    "webhook",
    "controller",
    "certificates",
    "networkPolicy",
    "monitoring",
    "log",
]


def values_schema() -> Schema:
    """Return the JSON Schema of the chart's values; the policy's fields stand at their top."""
    policy = policy_schema()
    about = {"title": "Values", "description": "The values of the chart nfs-steward."}
    needed = {"required": [*policy["required"], *_NEEDED]}
    return {**policy, **about, **needed, "properties": {**policy["properties"], **_CHART}}


if __name__ == "__main__":
    json.dump(values_schema(), sys.stdout, indent=2)
    sys.stdout.write("\n")
