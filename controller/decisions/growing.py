"""The JSON Patches by which a volume and its claim grow, each guarded by tests of what was seen."""

from collections.abc import Mapping
from typing import Any

from controller.decisions.actions import JsonPatch
from policy.shapes import Json, mapping, sequence, text

RESIZE_CONDITIONS = frozenset({"Resizing", "FileSystemResizePending", "ControllerResizeError", "NodeResizeError"})
"""The conditions of a claim that speak of an expansion under way: none is true of one that is done."""


def volume_size_patch(volume: Json, size: str) -> JsonPatch:
    """Give a volume this capacity, a quantity, if nobody has changed it meanwhile."""
    return [
        _test(volume, "metadata", "uid"),
        _test(volume, "spec", "claimRef", "uid"),
        _test(volume, "spec", "capacity", "storage"),
        {"op": "add", "path": "/spec/capacity/storage", "value": size},
    ]


def claim_size_patch(claim: Json, size: str) -> JsonPatch:
    """Have a claim's status say this size, a quantity, and nothing of an expansion under way, as it is once one is
    done: https://github.com/kubernetes/enhancements/tree/master/keps/sig-storage/1790-recover-resize-failure.

    What is allocated is what ResourceQuotas count where it is more than what is asked for.
    """
    status = mapping(claim, "status")
    return [
        _test(claim, "metadata", "uid"),
        _test(claim, "spec", "resources", "requests", "storage"),
        _test(claim, "status", "capacity", "storage"),
        {"op": "add", "path": "/status/capacity/storage", "value": size},
        *_allocated(status, size),
        *_no_longer_under_way(status),
        *_conditions(status),
    ]


def _allocated(status: Mapping[str, Any], size: str) -> JsonPatch:
    """An API server that knows no such field drops it."""
    value = {**mapping(status, "allocatedResources"), "storage": size}
    return [{"op": "add", "path": "/status/allocatedResources", "value": value}]


def _no_longer_under_way(status: Mapping[str, Any]) -> JsonPatch:
    if "storage" not in mapping(status, "allocatedResourceStatuses"):
        return []
    return [{"op": "remove", "path": "/status/allocatedResourceStatuses/storage"}]


def _conditions(status: Mapping[str, Any]) -> JsonPatch:
    """The patch is refused where the list is not as it was seen: another's condition is not to be lost."""
    seen = list(sequence(status, "conditions"))
    kept = [condition for condition in seen if text(condition, "type") not in RESIZE_CONDITIONS]
    if kept == seen:
        return []
    path = "/status/conditions"
    return [{"op": "test", "path": path, "value": seen}, {"op": "add", "path": path, "value": kept}]


def _test(obj: Json, *path: str) -> Mapping[str, Any]:
    return {"op": "test", "path": "/" + "/".join(path), "value": text(obj, *path)}
