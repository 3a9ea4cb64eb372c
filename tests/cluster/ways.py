"""The ways in which people create objects."""

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import yaml

from kube import resources
from kube.client import Client
from kube.errors import Forbidden, TooManyRequests
from policy.shapes import Json
from testbed.kubectl import Kubectl


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it said; warnings of the API server are among its `errors`."""

    status: int
    output: str
    errors: str

    @property
    def warnings(self) -> list[str]:
        """What the API server warned of."""
        return [line.removeprefix("Warning: ") for line in self.errors.splitlines() if line.startswith("Warning: ")]


def run_kubectl(kubectl: Kubectl, *arguments: str, objects: Sequence[Json] = ()) -> Said:
    """Run kubectl with these objects as its standard input, whatever comes of it."""
    command = [str(kubectl.program), f"--kubeconfig={kubectl.kubeconfig}", *arguments]
    return _run(command, json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))


def is_put_off(client: Client, claim: Json) -> bool:
    """Whether somebody who creates this claim is told to try again later, as long as its quota is not in force."""
    try:
        client.create(resources.CLAIMS, claim, dry_run=True)
    except TooManyRequests:
        return True
    except Forbidden:  # it is counted, and too much
        pass
    return False


def create(kubectl: Kubectl, _folder: Path, objects: Sequence[Json]) -> Said:
    """`kubectl create`."""
    return run_kubectl(kubectl, "create", "-f", "-", objects=objects)


def apply(kubectl: Kubectl, _folder: Path, objects: Sequence[Json]) -> Said:
    """`kubectl apply`."""
    return run_kubectl(kubectl, "apply", "-f", "-", objects=objects)


def apply_server_side(kubectl: Kubectl, _folder: Path, objects: Sequence[Json]) -> Said:
    """`kubectl apply --server-side`."""
    return run_kubectl(kubectl, "apply", "--server-side", "-f", "-", objects=objects)


def helm_install(kubectl: Kubectl, folder: Path, objects: Sequence[Json]) -> Said:
    """`helm install` of a chart that holds these objects."""
    chart = folder / "tiny"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: tiny\nversion: 0.0.1\n")
    (chart / "templates" / "all.yaml").write_text(yaml.safe_dump_all(objects))
    helm = kubectl.program.with_name("helm")
    return _run([str(helm), f"--kubeconfig={kubectl.kubeconfig}", "install", folder.name, str(chart)], "")


Way: TypeAlias = Callable[[Kubectl, Path, Sequence[Json]], Said]

WAYS: Final[dict[str, Way]] = {
    "kubectl create": create,
    "kubectl apply": apply,
    "kubectl apply --server-side": apply_server_side,
    "helm install": helm_install,
}


def _run(command: Sequence[str], stdin: str) -> Said:
    state = {f"HELM_{name}_HOME": "/nonexistent" for name in ("CACHE", "CONFIG", "DATA")}
    done = subprocess.run(
        command, input=stdin, env={**os.environ, **state}, capture_output=True, text=True, timeout=120, check=False
    )
    return Said(done.returncode, done.stdout, done.stderr)
