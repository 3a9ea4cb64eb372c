"""From a decision to the answer on the wire: uid, code, patchType, warnings and audit annotations in one place.

The vocabulary is closed: an object is allowed as it is, patched, denied, or put off; or its review failed.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import orjson

from policy.shapes import Json
from webhook.decision import Decision
from webhook.patch import patch_for
from webhook.wire import AdmissionResponse, Status, StatusDetails

OutcomeName: TypeAlias = Literal["allowed", "patched", "denied", "postponed", "failed"]
FailurePolicy: TypeAlias = Literal["Fail", "Ignore"]

# The API server may cut a warning of more than 256 characters, ignores all beyond 4096 together, and drops one that
# cannot be an HTTP header's text.
# https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response
_LONGEST_WARNING: Final = 256
_LONGEST_WARNINGS: Final = 4096
_RETRY_SECONDS: Final = 1
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back for one review, and the decision behind it, if one was reached."""

    response: AdmissionResponse
    outcome: OutcomeName
    decision: Decision


def answer(uid: str, obj: Json, decision: Decision) -> Answer:
    """The answer that carries out `decision` about `obj`."""
    refusal = _refusal(decision)
    response: AdmissionResponse = {"uid": uid, "allowed": refusal is None, "auditAnnotations": _audit(decision)}
    outcome: OutcomeName = "allowed"
    if refusal is not None:
        outcome = "denied" if decision.denials else "postponed"
        response["status"] = refusal
    elif decision.fills:
        outcome = "patched"
        response["patchType"] = "JSONPatch"
        response["patch"] = b64encode(orjson.dumps(patch_for(obj, decision))).decode("ascii")
    if decision.warnings:
        response["warnings"] = limited_warnings(decision.warnings)
    return Answer(response, outcome, decision)


def _refusal(decision: Decision) -> Status | None:
    if decision.denials:
        message = "; ".join(denial.message for denial in decision.denials)
        return Status(code=403, reason="Forbidden", message=message)
    if not decision.postponements:
        return None
    # Not 503: that would count as an error of the API server's. client-go tries again after either, ten times at most:
    # https://pkg.go.dev/k8s.io/client-go/rest#Request.MaxRetries
    message = "; ".join(postponed.message for postponed in decision.postponements)
    return Status(
        code=429, reason="TooManyRequests", message=message, details=StatusDetails(retryAfterSeconds=_RETRY_SECONDS)
    )


def failure(uid: str, message: str, code: int, policy: FailurePolicy) -> Answer:
    """The answer to a review that could not be carried out: refused under `Fail`, allowed with a warning else."""
    if policy == "Fail":
        status = Status(code=code, reason=_REASONS.get(code, "InternalError"), message=message)
        return Answer({"uid": uid, "allowed": False, "status": status}, "failed", _NONE)
    return Answer({"uid": uid, "allowed": True, "warnings": limited_warnings([message])}, "failed", _NONE)


_NONE: Final = Decision()
_REASONS: Final = {400: "BadRequest", 503: "ServiceUnavailable", 504: "Timeout"}


def _audit(decision: Decision) -> dict[str, str]:
    """What goes into the API server's audit log: the fields filled in and why, else why nothing was."""
    if decision.fills:
        return {"filled": "; ".join([f"{fill.label}: {fill.rule}" for fill in decision.fills])}
    if decision.kept:
        return {"kept": "; ".join([f"{kept.label}: {kept.why}" if kept.label else kept.why for kept in decision.kept])}
    return {}


def limited_warnings(texts: Iterable[str]) -> list[str]:
    """Those of `texts` that fit into an answer, each cut to the length that every API server passes on."""
    limited: list[str] = []
    room = _LONGEST_WARNINGS
    for text in texts:
        printable = _UNPRINTABLE.sub(" ", text)
        short = printable if len(printable) <= _LONGEST_WARNING else printable[: _LONGEST_WARNING - 1] + "…"
        room -= len(short)
        if room < 0:
            break
        limited.append(short)
    return limited
