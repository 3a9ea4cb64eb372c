"""Running kubectl against one control plane, as a user does."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policy.shapes import Json
from testbed.commands import run


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl as the user of a kubeconfig. Every method raises `CommandFailed`, with what it said, where it fails."""

    program: Path
    kubeconfig: Path

    def __call__(self, *arguments: str, stdin: str | None = None, timeout: float = 120.0) -> str:
        """Run it with these arguments; returns its standard output."""
        command: list[str | Path] = [self.program, f"--kubeconfig={self.kubeconfig}", *arguments]
        return run(command, stdin=stdin, timeout=timeout)

    def json(self, *arguments: str) -> Any:
        """Run it with `-o json` and return what it printed."""
        return json.loads(self(*arguments, "-o", "json"))

    def apply(self, *objects: Json) -> None:
        """`kubectl apply` these objects."""
        self("apply", "-f", "-", stdin=_as_list(objects))

    def create(self, *objects: Json) -> None:
        """`kubectl create` these objects."""
        self("create", "-f", "-", stdin=_as_list(objects))


def _as_list(objects: tuple[Json, ...]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
