"""One log line for each decision.

In JSON they are written here in one go, in the form that `runtime.logs` gives all other lines: at thousands of reviews
a second the way through Python's `logging` costs five times as much, more than the rules themselves.
"""

import os
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from runtime.logs import get_logger
from webhook.admission import Reviewed, reason_of

_MESSAGE: Final = "review answered"
_FAILED: Final = "review failed"
# A name longer than any that the API server will accept says nothing more (RFC 1123, subdomains).
_LONGEST_NAME: Final = 253

_LOG = get_logger(__name__)


class DecisionLog:
    """Writes JSON lines to the file descriptor `fd`, or without one hands them to the process's log."""

    def __init__(self, fd: int | None = None) -> None:
        self._fd = fd

    def reviewed(self, reviewed: Reviewed) -> None:
        """Write the line of one review; that of a failed one has the reason in it."""
        keys = _keys(reviewed)
        if reviewed.error is not None:
            _LOG.error(_FAILED, **keys)
        elif self._fd is None:
            _LOG.info(_MESSAGE, **keys)
        else:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
            line = {**keys, "time": now, "level": "info", "logger": __name__, "message": _MESSAGE}
            os.write(self._fd, orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


def _keys(reviewed: Reviewed) -> dict[str, Any]:
    request, decision = reviewed.request, reviewed.answer.decision
    keys = {
        "side": reviewed.side,
        "uid": request["uid"],
        "kind": reviewed.kind,
        "namespace": _short(request.get("namespace")),
        "name": _short(request.get("name")),
        "profile": decision.profile,
        "outcome": reviewed.answer.outcome,
        "filled": {fill.label: fill.rule for fill in decision.fills},
    }
    return keys if reviewed.error is None else keys | {"error": reason_of(reviewed.error)}


def _short(name: object) -> object:
    return name[:_LONGEST_NAME] if isinstance(name, str) else None
