"""The JSON Patches by which volumes and claims say how much of them is used, each guarded by tests of what was seen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controller.decisions.actions import JsonPatch
from controller.observed.usage import Recorded, as_annotations
from policy import keys
from policy.shapes import Json, mapping, text


@dataclass(frozen=True, slots=True)
class ClaimMarks:
    """The annotation, in words, and the label by which a claim tells of its use; empty for none."""

    used: str = ""
    over_quota: str = ""


def volume_usage_patch(volume: Json, recorded: Recorded) -> JsonPatch:
    """Write on a volume what its claim uses, if it is still that claim's."""
    return [
        _test("/metadata/uid", text(volume, "metadata", "uid")),
        _test("/spec/claimRef/uid", text(volume, "spec", "claimRef", "uid")),
        *_marks(volume, "annotations", as_annotations(recorded)),
    ]


def claim_usage_patch(claim: Json, marks: ClaimMarks) -> JsonPatch:
    """Write on a claim what it is to say of its use."""
    return [
        _test("/metadata/uid", text(claim, "metadata", "uid")),
        *_marks(claim, "annotations", {keys.USED: marks.used or None}),
        *_marks(claim, "labels", {keys.OVER_QUOTA: marks.over_quota or None}),
    ]


def _marks(obj: Json, field: str, wanted: Mapping[str, str | None]) -> Iterator[Mapping[str, Any]]:
    """Set these labels or annotations, and remove those that are to be None, if none of them has changed meanwhile."""
    seen = mapping(obj, "metadata", field)
    place = f"/metadata/{field}"
    if not seen:
        yield _test(place, None)
        yield {"op": "add", "path": place, "value": {key: value for key, value in wanted.items() if value is not None}}
        return
    for key, value in wanted.items():
        path = f"{place}/{key.replace('/', '~1')}"
        yield _test(path, seen.get(key))
        if value is not None:
            yield {"op": "add", "path": path, "value": value}
        elif key in seen:
            yield {"op": "remove", "path": path}


def _test(path: str, value: Any) -> Mapping[str, Any]:
    return {"op": "test", "path": path, "value": value}
