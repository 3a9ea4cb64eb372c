"""A plan of an adoption, and what came of it, as JSON for programs."""

from collections.abc import Mapping
from typing import Any

import orjson

from controller.adoption.classes import NotUnderstood, Understood
from controller.adoption.effects import Step
from controller.adoption.plan import Plan
from controller.adoption.volumes import LeftAlone, VolumeVerdict
from policy.durations import format_duration
from policy.ending import Ending


def as_json(plan: Plan, steps: Mapping[str, Step], *, dry_run: bool, complete: bool) -> str:
    """Return the JSON object that `nfs-steward adopt --help` describes; `steps` by the volume's name."""
    told = {
        "provisioner": plan.provisioner,
        "dryRun": dry_run,
        "complete": complete,
        "running": [
            {"kind": each.kind, "namespace": each.namespace, "name": each.name, "stop": each.stop}
            for each in plan.runners
        ],
        "newClaims": {
            "served": plan.new_claims.served,
            "who": plan.new_claims.who,
            "remedy": plan.new_claims.remedy,
            "waiting": plan.waiting,
            "unread": plan.unread,
        },
        "stillNeeded": plan.still_needed,
        "classes": [_class(each) for each in plan.classes],
        "volumes": [_volume(each, steps.get(each.volume.name)) for each in plan.volumes],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def _class(verdict: Understood | NotUnderstood) -> dict[str, Any]:
    if isinstance(verdict, NotUnderstood):
        return {"name": verdict.name, "understood": False, "why": verdict.why}
    return {"name": verdict.name, "understood": True, **_ending(verdict.ending)}


def _volume(verdict: VolumeVerdict, step: Step | None) -> dict[str, Any]:
    claim, source = verdict.volume.claim, verdict.volume.source
    about = {
        "name": verdict.volume.name,
        "claim": f"{claim.namespace}/{claim.name}" if claim else None,
        "place": f"{source.server}:{source.path}" if source else None,
    }
    if isinstance(verdict, LeftAlone):
        return {**about, "takenOver": False, "why": verdict.why, "remedy": verdict.remedy}
    fate = verdict.fate
    return {
        **about,
        "takenOver": True,
        "why": fate.because,
        **_ending(fate.ending),
        "atOnce": verdict.at_once,
        "sharers": verdict.sharers,
        "outcome": step.outcome if step else None,
        "problem": step.problem if step else "",
    }


def _ending(ending: Ending) -> dict[str, Any]:
    kept = format_duration(ending.archive_for) if ending.archive_for is not None else None
    return {"onDelete": ending.on_delete, "archiveFor": kept}
