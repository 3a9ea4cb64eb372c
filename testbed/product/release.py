"""nfs-steward as administrators install it: a release of Helm's, whose Pods the cluster runs by itself."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from policy.shapes import Json, labels, mapping
from testbed.bed import Testbed
from testbed.commands import run
from testbed.product.chart import CHART, COMPONENT, NAMESPACE, RELEASE, helm_state, name_of
from testbed.waiting import STARTS_WITHIN, wait_for

EXPORT: Final = "nfs-steward.io/export"
"""The label by which the objects of one export are known."""

_TIMEOUT: Final = 300.0


@dataclass(frozen=True, slots=True)
class Applying:
    """How Helm writes objects: by server-side or by client-side apply (which it knows as `--server-side=false`)."""

    server_side: bool = True

    @property
    def flag(self) -> str:
        """Helm's flag."""
        return f"--server-side={str(self.server_side).lower()}"


SERVER_SIDE: Final = Applying()
CLIENT_SIDE: Final = Applying(server_side=False)


@dataclass
class Release:
    """nfs-steward on a testbed, as a release of Helm's. Every method raises `CommandFailed`, with what Helm said, where
    it does not succeed.
    """

    bed: Testbed
    values_file: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.values_file = self.folder / "release-values.json"

    @property
    def folder(self) -> Path:
        """Where the values lie, and what Helm keeps on this machine."""
        return self.bed.folder / "product"

    def install(self, values: Mapping[str, object], *, applying: Applying = SERVER_SIDE) -> None:
        """Install the chart with these values in a new namespace; returns when Helm is done, not when all is ready."""
        self._helm("install", RELEASE, CHART, "--create-namespace", applying.flag, *self._given(values))

    def upgrade(self, values: Mapping[str, object], *, applying: Applying = SERVER_SIDE, wait: bool = False) -> None:
        """Upgrade to these values, and no others than these and the chart's; with `wait`, until all is ready."""
        flags = [applying.flag, *_waiting(wait=wait)]
        self._helm("upgrade", RELEASE, CHART, *flags, *self._given(values))

    def roll_back(self, *, applying: Applying = SERVER_SIDE, wait: bool = False) -> None:
        """Go back to the revision before this one."""
        self._helm("rollback", RELEASE, applying.flag, *_waiting(wait=wait))

    def uninstall(self) -> None:
        """Uninstall it; returns when everything of it is gone."""
        # The watcher that Helm 4 waits with by default loses its way now and then: https://github.com/helm/helm/issues/31766
        self._helm("uninstall", RELEASE, "--wait=legacy", f"--timeout={_TIMEOUT:.0f}s")

    def test(self) -> str:
        """`helm test`; what it says."""
        return self._helm("test", RELEASE)

    def revision(self) -> int:
        """The revision that is installed; 0 where none is."""
        (release,) = json.loads(self._helm("list", "--all", f"--filter=^{RELEASE}$", "-o=json")) or [{"revision": 0}]
        return int(release["revision"])

    def get(self, kind: str, name: str = "") -> Any:
        """An object of the release's namespace, or all of a kind."""
        return self.bed.kubectl.json("get", kind, *([name] if name else []), f"--namespace={NAMESPACE}")

    def pods(self, component: str, export: str | None = None) -> list[Json]:
        """The Pods of a component (`webhook`, `cluster`, `export`), of one export alone if it is named, that are not
        being deleted.
        """
        wanted = {COMPONENT: component} | ({EXPORT: export} if export else {})
        found: Iterable[Json] = self.get("pods")["items"]
        living = (pod for pod in found if "deletionTimestamp" not in pod["metadata"])
        return [pod for pod in living if wanted.items() <= labels(pod).items()]

    def deployments(self) -> dict[str, Json]:
        """All Deployments, by name."""
        return {name_of(each): each for each in self.get("deployments")["items"]}

    def wait_available(self, *names: str, within: float = STARTS_WITHIN) -> None:
        """Return when these Deployments have rolled out and all their Pods are available."""
        for name in names:
            wait_for(f"{name} to be available", partial(self._is_available, name), within)

    def _is_available(self, name: str) -> bool:
        return _rolled_out(self.deployments().get(name))

    def _given(self, values: Mapping[str, object]) -> list[str]:
        self.values_file.write_text(json.dumps(values, indent=2))
        return [f"--values={self.values_file}"]

    def _helm(self, *arguments: str | Path) -> str:
        helm: list[str | Path] = [self.bed.program("helm"), f"--kubeconfig={self.bed.kubeconfig}"]
        return run([*helm, *arguments, f"--namespace={NAMESPACE}"], env=helm_state(self.folder), timeout=_TIMEOUT)


def _waiting(*, wait: bool) -> list[str]:
    return ["--wait", f"--timeout={_TIMEOUT:.0f}s"] if wait else []


def _rolled_out(deployment: Json | None) -> bool:
    if deployment is None:
        return False
    status = mapping(deployment, "status")
    seen = status.get("observedGeneration") == deployment["metadata"]["generation"]
    counts = {status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")}
    return seen and counts == {deployment["spec"]["replicas"]}
