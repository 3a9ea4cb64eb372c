"""Asking the rules about one object, and looking at the outcome."""

from typing import Any

import jsonpatch

from policy.shapes import Json
from webhook.cluster import ClusterView
from webhook.decision import Decision
from webhook.patch import patch_for
from webhook.reviews import Side, evaluate

from .objects import request


def decide(view: ClusterView, obj: Json, side: Side = "mutate", **fields: Any) -> Decision:
    """The decision about `obj` on CREATE."""
    return evaluate(request(obj, **fields), view, side)


def fills(decision: Decision) -> dict[str, Any]:
    """What is filled in, by field."""
    return {fill.label: fill.value for fill in decision.fills}


def rules(decision: Decision) -> dict[str, str]:
    """By which rule, by field."""
    return {fill.label: fill.rule for fill in decision.fills}


def why_kept(decision: Decision) -> dict[str, str]:
    """Why fields are left alone, by field."""
    return {kept.label: kept.why for kept in decision.kept}


def result(view: ClusterView, obj: Json) -> Json:
    """The object after the patch."""
    patched: Json = jsonpatch.apply_patch(obj, patch_for(obj, decide(view, obj)))
    return patched
