"""What the accounts of the release have asked the API server for, and whether they may: from its audit log."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from policy.shapes import Json, mapping, text
from testbed.product.chart import NAMESPACE, RELEASE

_PREFIX: Final = f"system:serviceaccount:{NAMESPACE}:{RELEASE}-"


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """That an account (`webhook`) may do this (`get`) with these (`pods`, `pods/status`)."""

    account: str
    verb: str
    resource: str

    def __str__(self) -> str:
        return f"{self.account} {self.verb} {self.resource}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: the right it needs, and whether the account has it. `answer` is the HTTP status, 0 for none yet."""

    right: Right
    allowed: bool
    answer: int


class AuditLog:
    """The log as it grows."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def mark(self) -> int:
        """Where the log ends now, for `since`."""
        return self._file.stat().st_size if self._file.exists() else 0

    def since(self, mark: int = 0) -> list[Asked]:
        """What was asked since then."""
        if not self._file.exists():
            return []
        with self._file.open("rb") as file:
            file.seek(mark)
            whole, _, _unfinished = file.read().rpartition(b"\n")
        return list(_asked(whole.splitlines()))

    def refused(self, mark: int = 0) -> set[Right]:
        """Which rights were lacking since then."""
        return {each.right for each in self.since(mark) if not each.allowed}

    def used(self, mark: int = 0) -> set[Right]:
        """Which rights were made use of since then."""
        return {each.right for each in self.since(mark) if each.allowed}


def _asked(lines: list[bytes]) -> Iterator[Asked]:
    for event in map(json.loads, lines):
        user = text(event, "user", "username") or ""
        resource = text(event, "objectRef", "resource")
        if user.startswith(_PREFIX) and resource:
            decision = mapping(event, "annotations").get("authorization.k8s.io/decision")
            part = text(event, "objectRef", "subresource")
            asked = Right(user.removeprefix(_PREFIX), event["verb"], f"{resource}/{part}" if part else resource)
            yield Asked(asked, decision == "allow", _status(event))


def _status(event: Json) -> int:
    code = mapping(event, "responseStatus").get("code", 0)
    return int(code)
