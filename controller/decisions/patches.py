"""The JSON Patches that the controller sends, each guarded by tests of what was seen (RFC 6902, 4.6).

A test that fails makes the API server refuse the whole patch, so that a change by somebody else in between is noticed,
as is another object that has taken over the name. `null` is what a test of an absent field compares with.
"""

from collections.abc import Collection, Mapping, Sequence

from controller.decisions.actions import JsonPatch
from controller.decisions.steps import annotation, only_if
from policy import keys
from policy.claims import CLASS_FIELD
from policy.marks import filled_fields, filled_mark
from policy.shapes import Json, annotations, sequence, text
from policy.volumes import OPTIONS_FIELD


def gates_patch(uid: str, seen: Sequence[str], gates: Collection[str]) -> JsonPatch:
    """Take `gates` off a Pod whose gates are `seen`, all of them, in this order. It touches nothing else."""
    return _taking_off(uid, "/spec/schedulingGates/{}", "/name", seen, gates)


def finalizers_patch(uid: str, seen: Sequence[str], finalizers: Collection[str]) -> JsonPatch:
    """Take `finalizers` off an object whose finalizers are `seen`, all of them, in this order."""
    return _taking_off(uid, "/metadata/finalizers/{}", "", seen, finalizers)


def class_patch(claim: Json, storage_class: str) -> JsonPatch:
    """Give a claim that has no class this one, and mark it as filled in."""
    return [
        only_if("/metadata/uid", text(claim, "metadata", "uid")),
        only_if("/spec/storageClassName", None),
        {"op": "add", "path": "/spec/storageClassName", "value": storage_class},
        *_mark(claim, CLASS_FIELD),
    ]


def options_patch(volume: Json, options: Sequence[str]) -> JsonPatch:
    """Give a volume that has no mount options these, and mark it as filled in."""
    return [
        only_if("/metadata/uid", text(volume, "metadata", "uid")),
        only_if("/spec/mountOptions", None),
        {"op": "add", "path": "/spec/mountOptions", "value": list(options)},
        *_mark(volume, OPTIONS_FIELD),
    ]


def adoption_patch(volume: Json, marks: Mapping[str, str], finalizers: Sequence[str]) -> JsonPatch:
    """Give a volume these annotations beside its others, and these finalizers instead of those that it has, if nobody
    else has taken it over and its reclaim policy is still the same.
    """
    seen = list(sequence(volume, "metadata", "finalizers")) or None
    policy = text(volume, "spec", "persistentVolumeReclaimPolicy")
    new = list(finalizers) or None
    change = {"op": "add", "value": new} if new else {"op": "remove"}
    return [
        only_if("/metadata/uid", text(volume, "metadata", "uid")),
        only_if(annotation(keys.PROVISIONED_BY), annotations(volume).get(keys.PROVISIONED_BY)),
        only_if("/spec/persistentVolumeReclaimPolicy", policy),
        only_if("/metadata/finalizers", seen),
        *({"op": "add", "path": annotation(key), "value": value} for key, value in marks.items()),
        *([{**change, "path": "/metadata/finalizers"}] if new != seen else []),
    ]


def choice_patch(claim: Json, export: str) -> JsonPatch:
    """Write on a claim, which has annotations, that this export is chosen, if nobody has changed the choice."""
    path = annotation(keys.CHOSEN_EXPORT)
    return [
        only_if("/metadata/uid", text(claim, "metadata", "uid")),
        only_if(path, annotations(claim).get(keys.CHOSEN_EXPORT)),
        {"op": "add", "path": path, "value": export},
    ]


def _taking_off(uid: str, place: str, name_in_it: str, seen: Sequence[str], gone: Collection[str]) -> JsonPatch:
    """Remove those entries of a list that `gone` names, each if it is still in its place; the last first, since a
    removal moves those behind it. `place` is an entry's path with `{}` for its index.
    """
    removed = [
        operation
        for path, name in reversed([(place.format(index), name) for index, name in enumerate(seen)])
        if name in gone
        for operation in (only_if(path + name_in_it, name), {"op": "remove", "path": path})
    ]
    return [only_if("/metadata/uid", uid), *removed]


def _mark(obj: Json, field: str) -> JsonPatch:
    mark = filled_mark(filled_fields(obj), (field,))
    if not annotations(obj):
        return [
            only_if("/metadata/annotations", None),
            {"op": "add", "path": "/metadata/annotations", "value": dict(mark)},
        ]
    return [{"op": "add", "path": annotation(keys.FILLED), "value": value} for value in mark.values()]
