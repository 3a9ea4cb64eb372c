"""What is told, as JSON for programs: plain numbers, in bytes."""

from typing import Any

import orjson

from cli.standing.summary import ClaimStatus, ExportStatus, Limited, NamespaceStatus, Summary, Unknown
from controller.observed.usage import time_text
from policy.usage import used_percent


def as_json(summary: Summary) -> str:
    """One JSON object, as `nfs-steward status --help` describes it."""
    told = {
        "namespaces": [_namespace(each) for each in summary.namespaces],
        "exports": [_export(each) for each in summary.exports],
        "unseen": [{"what": each.what, "why": each.why} for each in summary.unseen],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def _namespace(status: NamespaceStatus) -> dict[str, Any]:
    settings = status.settings
    opted_in = None if isinstance(settings, Unknown) else settings is not None
    profile = settings.profile if settings and not isinstance(settings, Unknown) else None
    classes = sorted(status.storage.keys() | status.claims.keys())
    return {
        "name": status.name,
        "optedIn": opted_in,
        "profile": profile.name if profile else None,
        "overQuota": profile.over_quota if profile else None,
        "quota": [
            {"class": name, "storage": _limited(status.storage.get(name)), "claims": _limited(status.claims.get(name))}
            for name in classes
        ],
        "claims": [_claim(each) for each in status.held],
    }


def _limited(limited: Limited | None) -> dict[str, int | None] | None:
    return {"hard": limited.hard, "used": limited.used} if limited else None


def _claim(claim: ClaimStatus) -> dict[str, Any]:
    recorded, capacity = claim.recorded, claim.capacity
    return {
        "name": claim.name,
        "class": claim.storage_class,
        "phase": claim.phase,
        "capacityBytes": capacity,
        "usedBytes": recorded.bytes if recorded else None,
        "usedFiles": recorded.files if recorded else None,
        "usedPercent": used_percent(recorded.bytes, capacity) if recorded and capacity else None,
        "measuredAt": time_text(recorded.at) if recorded else None,
        "overQuota": claim.over_quota,
        "told": claim.told,
    }


def _export(export: ExportStatus) -> dict[str, Any]:
    return {
        "name": export.name,
        "state": export.state,
        "freeBytes": export.free,
        "oldestMeasurement": time_text(export.oldest) if export.oldest else None,
        "fileSystem": export.file_system or None,
    }
