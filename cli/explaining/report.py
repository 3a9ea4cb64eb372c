"""Verdicts as JSON for programs."""

from collections.abc import Iterable
from typing import Any

import orjson

from cli.explaining.verdicts import Verdict


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
    }
