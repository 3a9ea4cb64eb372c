"""nfs-steward with everything switched on, and what it is made to work on."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from controller.certificates.options import CertificateOptions
from controller.options import ControllerOptions, Seams
from controller.process import ControllerProcess
from kube import resources
from kube.client import Client
from kube.connection import connect
from kube.errors import ApiError, NotFound
from policy import keys
from policy.shapes import Json, text
from runtime.policyfile import PolicyFile
from testbed.export import NfsExport, PlainFolder
from testbed.product.chart import NAMESPACE, RELEASE
from testbed.product.product import Product, Running
from testbed.waiting import wait_for
from tests.waiting import WITHIN
from webhook.informed import InformedCluster

from .asked import AuditLog
from .grants import Grants

TLS: Final = f"{RELEASE}-webhook-tls"
STAND_IN: Final = "stand-in"

UNSERVED: Final = "/nfs/unserved"
"""An export whose controller does not run: what waits for it goes on waiting."""

_LEASES: Final = {"cluster": "nfs-steward-cluster", "export": "nfs-steward-export-main"}


def chart_values(export: NfsExport | PlainFolder) -> Json:
    """All that takes rights: profiles that rewrite, refuse and look at what is used, and the rest as it comes."""
    return {
        "exports": [
            {"name": "main", "server": export.server, "path": export.path},
            {"name": "unserved", "server": export.server, "path": UNSERVED},
        ],
        "storageClasses": [{"name": "nfs", "export": "main", "allowVolumeExpansion": True}],
        "gidRange": {"from": 100000, "to": 199999},
        "profiles": [
            {"name": "default", "storageClassName": "nfs", "mountOptions": ["hard"]},
            {"name": "rewriting", "inlineVolumes": "csi"},
            {"name": "refusing", "inlineVolumes": "deny"},
            {"name": "blocking", "overQuota": "block"},
        ],
    }


@dataclass
class World:
    """`admin` is the administrator's client; `log` what the programs ask for."""

    product: Product
    admin: Client
    log: AuditLog
    programs: dict[str, Running] = field(default_factory=dict)
    _guests: ExitStack = field(default_factory=ExitStack)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def grants(self) -> Grants:
        """What the accounts are allowed."""
        return Grants(self.product.chart, self.admin)

    def install(self) -> None:
        """Install the chart, its hooks' accounts too, and start everything; the certificate is the controller's own."""
        kubectl = self.product.bed.kubectl
        self.product.install()
        hooks = [*self.product.chart.hooks("test"), *self.product.chart.hooks("pre-delete")]
        kubectl.apply(*(obj for obj in hooks if obj["kind"] not in ("Pod", "Job")))
        for account in ("uninstall", "test"):
            self.product.write_kubeconfig(account)
        self.product.bed.add_stand_in(STAND_IN)
        for program in ("cluster", "export", "webhook"):
            self.start(program)
        self.call_webhook()

    def call_webhook(self) -> None:
        """Have the API server call the webhook, with the certificate that there is then; return when all works."""
        self.product.bed.kubectl.apply(*self.product.chart.callers())
        wait_for("the Secret to be there", self.take_over_certificate, WITHIN)
        self.settle()

    def start(self, program: str) -> None:
        """Start a program; returns at once. A controller finds nobody who leads."""
        if program == "webhook":
            self.programs[program] = self.product.start_webhook(workers=1)
            return
        self._forget_lease(program)
        if program == "cluster":
            self.programs[program] = self.product.start_controller("--cluster", options=["--certificates=issue"])
        else:
            self.programs[program] = self.product.start_controller(f"--export=main={self.product.bed.export.root}")

    def restart(self, program: str) -> None:
        """Kill a program and start it again; returns at once."""
        self.programs[program].process.kill()
        self.start(program)

    def begin(self, program: str) -> None:
        """Start a program's watches once more, beside those of the program, until the end of `guests`."""
        kubeconfig = self.product.kubeconfig(program)
        if program == "webhook":
            cluster = InformedCluster(connect(kubeconfig), PolicyFile(self.product.policy_file), NAMESPACE)
            self._guests.callback(cluster.stop)
            cluster.start()
            return
        duties = {
            "cluster": {"cluster": True, "certificates": CertificateOptions()},
            "export": {"exports": {"main": self.product.bed.export.root}},
        }
        options = ControllerOptions(self.product.policy_file, kubeconfig=kubeconfig, **duties[program])
        process = ControllerProcess(options, Seams())
        self._guests.callback(process.stop)
        process.start()

    @contextmanager
    def guests(self) -> Iterator[None]:
        """End what was begun within the block."""
        with ExitStack() as self._guests:
            yield

    def settle(self) -> None:
        """Return when everything works. Whoever waits after a refusal looks again when something changes."""
        mark = {"metadata": {"annotations": {"test/touched": self.name()}}}
        self.admin.patch(resources.MUTATING_CONFIGURATIONS, RELEASE, mark, type="merge")
        for program in _LEASES:
            wait_for(f"{program} to lead", lambda program=program: self._leads(program), WITHIN)
        wait_for("the webhook to fill in", self.fills_in, WITHIN)

    def fills_in(self) -> bool:
        """Whether a claim is filled in, on the way that all claims take."""
        claim = self.claim(f"{RELEASE}-test")
        try:
            filled = self.admin.create(resources.CLAIMS, claim, dry_run=True)
        except ApiError:
            return False
        return text(filled, "spec", "storageClassName") == "nfs"

    def take_over_certificate(self) -> bool:
        """Give the webhook the files of the Secret, as a kubelet would; False where there is none."""
        try:
            secret = self.admin.get(resources.SECRETS, TLS, NAMESPACE)
        except NotFound:
            return False
        for name in ("ca.crt", "tls.crt", "tls.key"):
            (self.product.tls_folder / name).write_bytes(_decoded(secret, name))
        return True

    def name(self) -> str:
        """One that nothing else has."""
        return f"rights-{next(self._numbers)}"

    def namespace(self, *, opted_in: bool, **labels: str) -> str:
        """A new namespace, with these labels beside that which opts it in."""
        name, opt_in = self.name(), {keys.INJECT: keys.INJECT_ENABLED} if opted_in else {}
        metadata = {"name": name, "labels": {**opt_in, **labels}}
        self.admin.create(resources.NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        self.product.bed.kubectl("wait", "--for=create", "serviceaccount/default", f"--namespace={name}")
        return name

    def opt_in(self, namespace: str) -> None:
        """Label a namespace as opted in."""
        self.label(namespace, **{keys.INJECT: keys.INJECT_ENABLED})

    def label(self, namespace: str, **labels: str | None) -> None:
        """Give a namespace these labels, or (None) take them off."""
        self.admin.patch(resources.NAMESPACES, namespace, {"metadata": {"labels": labels}}, type="merge")

    def claim(self, namespace: str, **spec: object) -> Json:
        """A claim, not created yet."""
        whole = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}, **spec}
        metadata = {"name": self.name(), "namespace": namespace}
        return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": whole}

    def pod(self, namespace: str, **spec: object) -> Json:
        """A Pod, not created yet."""
        whole = {"containers": [{"name": "c", "image": "i"}], **spec}
        metadata: Json = {"name": self.name(), "namespace": namespace}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": whole}

    def _leads(self, program: str) -> bool:
        readiness = self.programs[program].readiness() or ""
        return any("lease-" in line and "leading" in line for line in readiness.splitlines())

    def _forget_lease(self, program: str) -> None:
        with suppress(NotFound):
            self.admin.delete(resources.LEASES, _LEASES[program], NAMESPACE)


def _decoded(secret: Json, name: str) -> bytes:
    return base64.b64decode(text(secret, "data", name) or "")
