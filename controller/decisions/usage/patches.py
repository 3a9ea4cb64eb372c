"""The JSON Patches by which volumes and claims say how much of them is used, each guarded by tests of what was seen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controller.decisions.actions import JsonPatch
from controller.decisions.steps import only_if, set_marks
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
        only_if("/metadata/uid", text(volume, "metadata", "uid")),
        only_if("/spec/claimRef/uid", text(volume, "spec", "claimRef", "uid")),
        *_marks(volume, "annotations", as_annotations(recorded)),
    ]


def claim_usage_patch(claim: Json, marks: ClaimMarks) -> JsonPatch:
    """Write on a claim what it is to say of its use."""
    return [
        only_if("/metadata/uid", text(claim, "metadata", "uid")),
        *_marks(claim, "annotations", {keys.USED: marks.used or None}),
        *_marks(claim, "labels", {keys.OVER_QUOTA: marks.over_quota or None}),
    ]


def _marks(obj: Json, field: str, wanted: Mapping[str, str | None]) -> Iterator[Mapping[str, Any]]:
    return set_marks(field, mapping(obj, "metadata", field) or None, wanted)
