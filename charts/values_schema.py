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

_WEBHOOK: Final = _object(
    {
        "excludedNamespaces": {"type": "array", "items": _NAME},
        "validatingFailurePolicy": {"enum": ["Fail", "Ignore"]},
        "service": _object({"port": {"type": "integer", "minimum": 1, "maximum": 65535}}),
    }
)


def values_schema() -> Schema:
    """Return the JSON Schema of the chart's values; the policy's fields stand at their top."""
    policy = policy_schema()
    chart: Schema = {
        "storageClasses": {"type": "array", "items": _STORAGE_CLASS},
        "webhook": _WEBHOOK,
        # Helm puts it there when another chart depends on this one.
        "global": {"type": "object"},
    }
    about = {"title": "Values", "description": "The values of the chart nfs-steward."}
    return {**policy, **about, "properties": {**policy["properties"], **chart}}


if __name__ == "__main__":
    json.dump(values_schema(), sys.stdout, indent=2)
    sys.stdout.write("\n")
