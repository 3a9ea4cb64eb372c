"""What the controller and the processes that walk for it say to each other: JSON, one object on each line."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from controller.export.measuring.pacing import Limits
from controller.export.outcomes import Blocked, Disturbed, ExportState, Measured, Missing, Unavailable

if TYPE_CHECKING:
    from controller.export.measuring.volume import Result
    from policy.exports import Segments


@dataclass(frozen=True, slots=True)
class Order:
    """Measure a volume; `full_every` in nanoseconds. The `limits` are for all that the process does from now on."""

    volume_uid: str
    segments: Segments
    full_every: int
    limits: Limits


@dataclass(frozen=True, slots=True)
class Report:
    """What measuring a volume has come to."""

    volume_uid: str
    result: Result


ALIVE: Final = b"{}\n"
"""Says that a process is there, and then that it is still at it: every second or so, unless the export holds it up."""


def write_order(order: Order) -> bytes:
    """An order as a line. Names that are no UTF-8 keep their bytes."""
    return _line(asdict(order))


def read_order(line: bytes) -> Order:
    """What `write_order` has written."""
    fields = json.loads(line)
    limits = Limits(**fields["limits"])
    return Order(fields["volume_uid"], tuple(fields["segments"]), fields["full_every"], limits)


def write_report(report: Report) -> bytes:
    """A report as a line."""
    return _line({"volume_uid": report.volume_uid, "kind": type(report.result).__name__, **_fields(report.result)})


def read_report(line: bytes) -> Report | None:
    """What `write_report` has written; None for a sign of life."""
    fields = json.loads(line)
    return Report(fields["volume_uid"], _result(fields)) if fields else None


class Lines:
    """Cuts into lines what comes in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def add(self, content: bytes) -> list[bytes]:
        """The lines that are whole by now."""
        *lines, self._rest = (self._rest + content).split(b"\n")
        return lines


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def _fields(result: Result) -> dict[str, Any]:
    match result:
        case Measured(size, files, at):
            return {"bytes": size, "files": files, "at": at.timestamp()}
        case Unavailable(state, why):
            return {"state": state, "why": why}
        case Blocked(why) | Disturbed(why):
            return {"why": why}
        case Missing():
            return {}


def _result(fields: dict[str, Any]) -> Result:
    match fields["kind"]:
        case "Measured":
            return Measured(fields["bytes"], fields["files"], datetime.fromtimestamp(fields["at"], UTC))
        case "Unavailable":
            return Unavailable(ExportState(fields["state"]), fields["why"])
        case "Blocked":
            return Blocked(fields["why"])
        case "Missing":
            return Missing()
        case _:
            return Disturbed(fields["why"])
