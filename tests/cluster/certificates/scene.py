"""A webhook of its own on the testbed, whose certificate somebody has to keep: two replicas behind a Service."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from certs.files import AUTHORITY_FILE, CERTIFICATE_FILE, KEY_FILE
from controller.certificates.manifests import stock_of
from kube import resources
from kube.client import Client
from kube.errors import NotFound
from policy import keys
from policy.shapes import Json
from testbed.bed import Testbed
from testbed.ports import LOOPBACK, free_ports
from testbed.product.executable import nfs_steward
from testbed.product.product import Running
from testbed.supervision.client import Program, SupervisedProcess
from tests.waiting import WITHIN

from . import hasty_controller
from .balancer import Balancer
from .configurations import KINDS, configuration
from .mounted import MountedSecret

MUTATING, VALIDATING = KINDS
REPLICAS = 2
KUBELET_LAG = 2.0
POLICY = "profiles: [{name: default, storageClassName: inert-certificates}]"


@dataclass
class Scene:
    """All of it is called `name`, its namespace too; `team` is an opted-in namespace that calls this webhook."""

    bed: Testbed
    client: Client
    name: str
    folder: Path
    ports: list[int] = field(default_factory=lambda: free_ports(REPLICAS))
    replicas: list[SupervisedProcess] = field(default_factory=list)

    @property
    def team(self) -> str:
        return f"{self.name}-team"

    @property
    def host(self) -> str:
        """The name by which the API server calls the webhook."""
        return f"{self.name}-webhook.{self.name}.svc"

    @property
    def addresses(self) -> list[tuple[str, int]]:
        return [(LOOPBACK, port) for port in self.ports]

    def prepare(self) -> None:
        """Make the namespaces, the Service and the Pods' objects; the policy file."""
        self.folder.mkdir()
        (self.folder / "policy.yaml").write_text(POLICY)
        labels = {keys.INJECT: keys.INJECT_ENABLED, "called-by": self.name}
        self.bed.kubectl.create(_namespace(self.name, {}), _namespace(self.team, labels), self._service())
        self.bed.kubectl(
            "wait", "--for=create", "serviceaccount/default", f"--namespace={self.name}", f"--timeout={WITHIN:.0f}s"
        )
        self.bed.add_stand_in(f"node-of-{self.name}")
        for number, port in enumerate(self.ports):
            self._add_pod(f"webhook-{number}", port)

    @contextmanager
    def running(self) -> Iterator[None]:
        """The replicas, each with its mounted Secret, and the Service's address."""
        service = self.client.get(resources.SERVICES, f"{self.name}-webhook", self.name)
        with ExitStack() as ending:
            for number, port in enumerate(self.ports):
                mounted = MountedSecret(self.client, (f"{self.name}-tls", self.name), _MOUNTED, self._tls(number))
                mounted.start(KUBELET_LAG)
                ending.callback(mounted.stop)
                replica = self._start_webhook(number, port)
                ending.callback(replica.stop)
            balancer = Balancer((service["spec"]["clusterIP"], 443), self.addresses)
            ending.callback(balancer.close)
            yield

    @contextmanager
    def controller(self, lifetimes: str) -> Iterator[Running]:
        """A controller that keeps the certificate, until the end of the block."""
        (port,) = free_ports(1)
        policy = str(self.folder / "policy.yaml")
        command = [nfs_steward_python(), str(Path(hasty_controller.__file__)), policy, self.name, self.name, lifetimes]
        running = Running(self._start("controller", [*command, str(port)]), f"http://{LOOPBACK}:{port}/readyz")
        try:
            yield running
        finally:
            running.process.stop()

    def configure(self) -> None:
        """Apply the webhook configurations as a chart does, without a bundle."""
        self.bed.kubectl.apply(*(configuration(kind, self.name, self.name, "claims.test.io") for kind in KINDS))

    def disconnect(self) -> None:
        """Take the configurations away."""
        for kind in KINDS:
            self.bed.kubectl("delete", kind.lower(), self.name, "--ignore-not-found")

    def bundle(self, kind: str) -> bytes:
        """What a configuration carries; nothing where there is none."""
        try:
            (entry,) = self.client.get(KINDS[kind], self.name)["webhooks"]
        except NotFound:
            return b""
        return base64.b64decode(entry["clientConfig"].get("caBundle", ""))

    @property
    def secret(self) -> Json:
        return self.client.get(resources.SECRETS, f"{self.name}-tls", self.name)

    @property
    def authorities(self) -> bytes:
        return stock_of(self.secret).authorities

    def _tls(self, number: int) -> Path:
        return self.folder / f"tls-{number}"

    def _start_webhook(self, number: int, port: int) -> SupervisedProcess:
        files = [f"--policy={self.folder / 'policy.yaml'}", f"--tls-dir={self._tls(number)}"]
        command = [*nfs_steward(), "webhook", f"--bind={LOOPBACK}:{port}", "--workers=2", *files]
        return self._start(f"webhook-{number}", command)

    def _start(self, name: str, command: list[str]) -> SupervisedProcess:
        env = {"KUBECONFIG": str(self.bed.kubeconfig), "PYTHONPATH": str(Path(__file__).parents[3])}
        log = self.bed.logs / f"{self.name}-{name}.log"
        return self.bed.supervisor.start(Program(f"{self.name} {name}", command, log, env, self.folder))

    def _service(self) -> Json:
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": f"{self.name}-webhook", "namespace": self.name},
            "spec": {"ports": [{"name": "https", "port": 443, "targetPort": "https"}]},
        }

    def _add_pod(self, name: str, port: int) -> None:
        """A Pod that a kubelet says runs: it stands for a process that we start."""
        container = {"name": "webhook", "image": "none", "ports": [{"name": "https", "containerPort": port}]}
        metadata = {"name": name, "namespace": self.name, "labels": {"app.kubernetes.io/component": "webhook"}}
        spec = {"nodeName": f"node-of-{self.name}", "containers": [container]}
        self.client.create(resources.PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
        status = {"status": {"phase": "Running", "podIP": LOOPBACK, "podIPs": [{"ip": LOOPBACK}]}}
        self.client.patch(resources.PODS, name, status, self.name, type="merge", subresource="status")


_MOUNTED = (AUTHORITY_FILE, CERTIFICATE_FILE, KEY_FILE)


def nfs_steward_python() -> str:
    """The Python that runs the command."""
    return str(Path(nfs_steward()[0]).with_name("python"))


def _namespace(name: str, labels: dict[str, str]) -> Json:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
