"""Verdicts as JSON for programs."""

from collections.abc import Iterable
from typing import Any

import orjson

from cli.explaining.directories import Outlook, Place, Planned, Unplanned
from cli.explaining.verdicts import Verdict
from policy.durations import format_duration


def as_json(verdicts: Iterable[Verdict]) -> str:
    """Return a JSON list with one entry for each verdict, as `nfs-steward explain --help` describes it."""
    return orjson.dumps([_entry(verdict) for verdict in verdicts], option=orjson.OPT_INDENT_2).decode()


def _entry(verdict: Verdict) -> dict[str, Any]:
    return {
        "kind": verdict.submission.kind,
        "namespace": verdict.submission.namespace,
        "name": verdict.submission.name,
        "allowed": verdict.allowed,
        "message": verdict.message,
        "patch": list(verdict.patch),
        "warnings": list(verdict.warnings),
        "reasons": [str(reason) for reason in verdict.reasons],
        "directory": _outlook(verdict.outlook),
    }


def _outlook(outlook: Outlook | None) -> dict[str, Any] | None:
    match outlook:
        case None:
            return None
        case Unplanned(why):
            return {"places": [], "message": why}
        case Planned(places=places, ending=ending):
            kept = format_duration(ending.archive_for) if ending.archive_for else None
            placed = [_place(place) for place in places]
            return {"places": placed, "message": "", "onDelete": ending.on_delete.value, "archiveFor": kept}


def _place(place: Place) -> dict[str, Any]:
    return {
        "export": place.export.name,
        "server": place.export.server,
        "path": place.path,
        "mode": f"{place.mode:04o}",
        "uid": place.uid,
        "gid": place.gid,
    }
