"""The JSON Patches by which a volume and its claim grow, each guarded by tests of what was seen.

What they say of an expansion under way, and in which order, is external-resizer's way:
https://github.com/kubernetes/enhancements/tree/master/keps/sig-storage/1790-recover-resize-failure
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Final

from controller.decisions.actions import JsonPatch
from controller.decisions.steps import only_if
from policy.quantity import parse_quantity
from policy.shapes import Json, mapping, sequence, text

_UNDER_WAY: Final = "Resizing"
_IN_VAIN: Final = "ControllerResizeError"
RESIZE_CONDITIONS = frozenset({_UNDER_WAY, "FileSystemResizePending", _IN_VAIN, "NodeResizeError"})
"""The conditions of a claim that speak of an expansion under way: none is true of one that is done."""


def is_allocated(claim: Json, size: str) -> bool:
    """Whether quotas count this size, a quantity, for a claim, whatever it asks for. Raises `QuantityInvalid`."""
    allocated = _allocated_to(claim)
    return allocated is not None and parse_quantity(allocated) >= parse_quantity(size)


def keeps_no_allocation(claim: Json) -> bool:
    """Whether the API server has dropped what was allocated to a claim, as it does up to 1.31 where the feature gate
    `RecoverVolumeExpansionFailure` is off: the condition that was written together with it is there alone. Such a
    server lets nobody lower a request.
    """
    return _allocated_to(claim) is None and _has(claim, _UNDER_WAY)


def is_given_up(claim: Json, size: str) -> bool:
    """Whether a claim says that it cannot grow, and quotas count no more for it than this size, a quantity. Raises
    `QuantityInvalid`.
    """
    allocated = _allocated_to(claim)
    return _has(claim, _IN_VAIN) and (allocated is None or parse_quantity(allocated) <= parse_quantity(size))


def volume_size_patch(volume: Json, size: str) -> JsonPatch:
    """Give a volume this capacity, a quantity, if nobody has changed it meanwhile."""
    return [
        _test(volume, "metadata", "uid"),
        _test(volume, "spec", "claimRef", "uid"),
        _test(volume, "spec", "capacity", "storage"),
        {"op": "add", "path": "/spec/capacity/storage", "value": size},
    ]


def allocation_patch(claim: Json, size: str, now: datetime) -> JsonPatch:
    """Have quotas count this size, a quantity, for a claim that still asks for it: its volume is about to grow."""
    begun = {"type": _UNDER_WAY, "status": "True", "lastTransitionTime": _time(now)}
    status = mapping(claim, "status")
    return [
        *_still_asked_for(claim, size),
        *_allocated(status, size),
        *_state(status, "ControllerResizeInProgress"),
        *_conditions(status, RESIZE_CONDITIONS, begun),
    ]


def giving_up_patch(claim: Json, size: str, why: str, now: datetime) -> JsonPatch:
    """Have a claim say that it cannot grow to this size, a quantity, if it still asks for it, and quotas count no more
    than that: more may have been allocated before the request was lowered. `why` is a clause.
    """
    failed = {"type": _IN_VAIN, "status": "True", "lastTransitionTime": _time(now), "message": why}
    status = mapping(claim, "status")
    return [
        *_still_asked_for(claim, size),
        *_allocated(status, size),
        *_state(status, "ControllerResizeInfeasible"),
        *_conditions(status, {_IN_VAIN}, failed),
    ]


def claim_size_patch(claim: Json, size: str) -> JsonPatch:
    """Have a claim's status say this size, a quantity, and nothing of an expansion under way, as it is once one is
    done.

    What is allocated is what ResourceQuotas count where it is more than what is asked for. So the patch holds whatever
    is asked for by then: its size is the volume's, and an author who goes on changing the request must not keep the
    claim from saying so.
    """
    status = mapping(claim, "status")
    return [
        _test(claim, "metadata", "uid"),
        _test(claim, "status", "capacity", "storage"),
        {"op": "add", "path": "/status/capacity/storage", "value": size},
        *_allocated(status, size),
        *_no_longer_under_way(status),
        *_conditions(status, RESIZE_CONDITIONS),
    ]


def _still_asked_for(claim: Json, size: str) -> JsonPatch:
    """No quota refuses to count what is asked for, since it counts that already."""
    return [
        _test(claim, "metadata", "uid"),
        _test(claim, "status", "capacity", "storage"),
        only_if("/spec/resources/requests/storage", size),
    ]


def _allocated_to(claim: Json) -> str | None:
    return text(claim, "status", "allocatedResources", "storage")


def _has(claim: Json, condition: str) -> bool:
    return any(text(each, "type") == condition for each in sequence(claim, "status", "conditions"))


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _allocated(status: Mapping[str, Any], size: str) -> JsonPatch:
    """An API server that knows no such field drops it."""
    value = {**mapping(status, "allocatedResources"), "storage": size}
    return [{"op": "add", "path": "/status/allocatedResources", "value": value}]


def _state(status: Mapping[str, Any], state: str) -> JsonPatch:
    """How far the expansion is; dropped like what is allocated."""
    value = {**mapping(status, "allocatedResourceStatuses"), "storage": state}
    return [{"op": "add", "path": "/status/allocatedResourceStatuses", "value": value}]


def _no_longer_under_way(status: Mapping[str, Any]) -> JsonPatch:
    if "storage" not in mapping(status, "allocatedResourceStatuses"):
        return []
    return [{"op": "remove", "path": "/status/allocatedResourceStatuses/storage"}]


def _conditions(status: Mapping[str, Any], without: AbstractSet[str], *more: Json) -> JsonPatch:
    """The patch is refused where the list is not as it was seen: another's condition is not to be lost."""
    seen = list(sequence(status, "conditions"))
    wanted = [*(condition for condition in seen if text(condition, "type") not in without), *more]
    if wanted == seen:
        return []
    path = "/status/conditions"
    return [only_if(path, seen or None), {"op": "add", "path": path, "value": wanted}]


def _test(obj: Json, *path: str) -> Mapping[str, Any]:
    return only_if("/" + "/".join(path), text(obj, *path))
