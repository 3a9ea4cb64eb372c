"""Installing nfs-steward on a testbed and running its programs, each with the rights that the chart gives it."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from policy.shapes import Json
from testbed.bed import Testbed
from testbed.commands import run
from testbed.https import get
from testbed.kubeconfig import write_kubeconfig
from testbed.ports import LOOPBACK, free_ports
from testbed.product.chart import NAMESPACE, RenderedChart, name_of, render, with_authority
from testbed.product.executable import nfs_steward
from testbed.supervision.client import Program, SupervisedProcess
from testbed.waiting import STARTS_WITHIN, wait_for

_CERTIFICATE_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Running:
    """A program of nfs-steward that runs, and where it says whether it is ready."""

    process: SupervisedProcess
    readyz: str
    trust: Path | None = None

    def readiness(self) -> str | None:
        """What `/readyz` says while it answers 200; None otherwise."""
        try:
            return get(self.readyz, self.trust.read_text() if self.trust else None)
        except OSError:
            return None

    def wait_ready(self, timeout: float = STARTS_WITHIN) -> "Running":
        """Return when it says that it is ready; raises `StartFailed` where it does not within `timeout` seconds."""
        wait_for(f"200 from {self.readyz}", lambda: self.readiness() is not None, timeout, self.process)
        return self


@dataclass
class Product:
    """nfs-steward on a testbed. `values` are the chart's: the policy (`exports`, `profiles`, …) and the rest.

    Programs are started by `start_webhook` and `start_controller`; each returns what was started, whose `process` can
    be stopped, killed, and started again by the same call. Logs are in the testbed's folder, a file for each program.
    """

    bed: Testbed
    values: Mapping[str, object]
    chart: RenderedChart = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.chart = render(self.bed.program("helm"), self.values, self.folder)

    @property
    def folder(self) -> Path:
        """Where the policy, the certificates and the programs' kubeconfigs lie."""
        return self.bed.folder / "product"

    @property
    def policy_file(self) -> Path:
        """The policy that the programs read; they read it again when it changes."""
        return self.folder / "policy.yaml"

    @property
    def tls_folder(self) -> Path:
        """The webhook's certificate and its authority, as `nfs-steward certs issue` leaves them."""
        return self.folder / "tls"

    def install(self) -> None:
        """Apply the chart, all but what calls the webhook; write policy, certificate and kubeconfigs."""
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        self.bed.kubectl.apply(namespace)
        self.bed.kubectl.apply(*self.chart.to_apply())
        self.policy_file.write_text(self.chart.policy())
        self._issue_certificate()
        for component in ("webhook", "cluster", "export"):
            self.write_kubeconfig(component)

    def start_webhook(self, workers: int = 1, options: Sequence[str] = ()) -> Running:
        """Start the webhook on its Service's own address; returns at once."""
        address, port = self.webhook_address()
        argv = [
            "webhook",
            f"--policy={self.policy_file}",
            f"--tls-dir={self.tls_folder}",
            f"--bind={address}:{port}",
            f"--workers={workers}",
            *options,
        ]
        process = self._start("webhook", "webhook", argv)
        return Running(process, f"https://{address}:{port}/readyz", self.tls_folder / "ca.crt")

    def start_controller(self, *duties: str, options: Sequence[str] = ()) -> Running:
        """Start a controller; returns at once. Its duties: `--cluster`, or some `--export=NAME=PATH`; each of the two
        has its own account, and so they do not go together here.
        """
        (port,) = free_ports(1)
        health = f"{LOOPBACK}:{port}"
        argv = ["controller", f"--policy={self.policy_file}", f"--health-bind={health}", *duties, *options]
        name = "-".join(["controller", *(duty.strip("-").split("=")[1 if "=" in duty else 0] for duty in duties)])
        account = "cluster" if "--cluster" in duties else "export"
        return Running(self._start(name, account, argv), f"http://{health}/readyz")

    def connect(self) -> None:
        """Let the API server call the webhook: from now on requests depend on its answers."""
        bundle = base64.b64encode((self.tls_folder / "ca.crt").read_bytes()).decode()
        self.bed.kubectl.apply(*(with_authority(caller, bundle) for caller in self.chart.callers()))

    def disconnect(self) -> None:
        """Take the webhook's configurations away again: the documented way out."""
        for caller in self.chart.callers():
            self.bed.kubectl("delete", caller["kind"].lower(), name_of(caller), "--ignore-not-found")

    def webhook_address(self) -> tuple[str, int]:
        """The ClusterIP and port of the webhook's Service; any address of 127.0.0.0/8 is this machine."""
        service = self._service()
        found = self.bed.kubectl.json("get", "service", name_of(service), f"--namespace={NAMESPACE}")
        return found["spec"]["clusterIP"], found["spec"]["ports"][0]["port"]

    def _service(self) -> Json:
        return self.chart.one("Service", "webhook")

    def _issue_certificate(self) -> None:
        address, _ = self.webhook_address()
        run(
            [
                *nfs_steward(),
                "certs",
                "issue",
                f"--dir={self.tls_folder}",
                f"--dns={name_of(self._service())}.{NAMESPACE}.svc",
                f"--ip={address}",
                f"--days={_CERTIFICATE_DAYS}",
            ]
        )

    def kubeconfig(self, component: str) -> Path:
        """How programs of a component reach the API: as the account that the chart gives them."""
        return self.folder / f"{component}.kubeconfig"

    def write_kubeconfig(self, component: str) -> Path:
        """Write it, with a new token; returns where it is."""
        access = self.bed.control_plane.access(self.token(component))
        return write_kubeconfig(self.kubeconfig(component), access)

    def token(self, component: str) -> str:
        """A new token of a component's account."""
        account = name_of(self.chart.one("ServiceAccount", component))
        return self.bed.kubectl("create", "token", account, f"--namespace={NAMESPACE}", "--duration=24h").strip()

    def _start(self, name: str, component: str, argv: Sequence[str]) -> SupervisedProcess:
        env = {"KUBECONFIG": str(self.kubeconfig(component))}
        log = self.bed.logs / f"nfs-steward-{name}.log"
        return self.bed.supervisor.start(Program(f"nfs-steward {name}", [*nfs_steward(), *argv], log, env, self.folder))
