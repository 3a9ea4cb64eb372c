"""etcd, kube-apiserver, kube-controller-manager and kube-scheduler as processes on this machine's loopback address."""

import http.client
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import load_pem_x509_certificates

from testbed.https import get
from testbed.kubeconfig import Access, write_kubeconfig
from testbed.ports import LOOPBACK, free_ports, service_cidr
from testbed.programs import Programs
from testbed.supervision.client import Program, SupervisedProcess, Supervisor
from testbed.waiting import STARTS_WITHIN, wait_for

# Under this address the guest that is the node reaches the machine's 127.0.0.1 (slirp's fixed layout).
HOST_IN_GUEST: Final = "10.0.2.2"
NODE_NAME: Final = "testbed-node"


@dataclass(frozen=True, slots=True)
class ControlPlaneOptions:
    """Flags beyond the testbed's own, for each program; where a flag is given twice, the last one counts.

    `service_cidr`: the addresses for Services, where they shall not be this machine's.
    """

    etcd: Sequence[str] = ()
    api_server: Sequence[str] = ()
    controller_manager: Sequence[str] = ()
    scheduler: Sequence[str] = ()
    controllers: Sequence[str] = ("*",)
    service_cidr: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class _Ports:
    api_server: int
    etcd: int
    etcd_peer: int
    controller_manager: int
    scheduler: int


@dataclass
class ControlPlane:
    """A control plane with its state and logs below `folder` and `logs`. Its API server is at `url`."""

    folder: Path
    logs: Path
    programs: Programs
    supervisor: Supervisor
    options: ControlPlaneOptions = field(default_factory=ControlPlaneOptions)
    processes: dict[str, SupervisedProcess] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ports = _Ports(*free_ports(5))
        self._admin_token = secrets.token_hex(16)
        self._node_token = secrets.token_hex(16)

    @property
    def port(self) -> int:
        """The API server's port."""
        return self._ports.api_server

    @property
    def url(self) -> str:
        """The API server's address on this machine."""
        return f"https://{LOOPBACK}:{self.port}"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig; there once the API server is ready."""
        return self.folder / "kubeconfig"

    @property
    def service_cidr(self) -> str:
        """The addresses that Services get: unless the options say otherwise, all of this machine."""
        return self.options.service_cidr or service_cidr(self.port)

    @property
    def authority(self) -> bytes:
        """The certificate (PEM) that vouches for the API server's; there once it has started."""
        # The API server writes its own certificate and, after it, the one of the authority that it made for it.
        *_, last = load_pem_x509_certificates((self._pki / "apiserver.crt").read_bytes())
        return last.public_bytes(serialization.Encoding.PEM)

    def access(self, token: str | None = None) -> Access:
        """Access for the bearer of `token`; by default for the administrator."""
        return Access(self.url, self.authority, token or self._admin_token)

    def node_access(self) -> Access:
        """The kubelet's access, from within its guest."""
        return self.guest_access(self._node_token)

    def guest_access(self, token: str | None = None) -> Access:
        """As `access`, under the address by which guests reach this machine."""
        return replace(self.access(token), url=f"https://{HOST_IN_GUEST}:{self.port}")

    def launch(self) -> None:
        """Start etcd and the API server; returns at once."""
        self._pki.mkdir(parents=True)
        _write_signing_key(self._pki / "service-accounts.key")
        (self._pki / "tokens.csv").write_text(
            f"{self._admin_token},admin,admin,system:masters\n"
            f"{self._node_token},system:node:{NODE_NAME},{NODE_NAME},system:nodes\n"
        )
        self._start("etcd", self._etcd_flags())
        self.start_api_server()

    def launch_controllers(self) -> None:
        """Wait for the API server and start what works on it, controller manager and scheduler."""
        self.wait_ready()
        (self._pki / "ca.crt").write_bytes(self.authority)
        write_kubeconfig(self.kubeconfig, self.access())
        self._start("kube-controller-manager", self._controller_manager_flags())
        self._start("kube-scheduler", self._scheduler_flags())

    def wait_usable(self) -> None:
        """Return when Pods can be created: they are refused until the controller manager has made a service account."""
        self._wait_for_object("/api/v1/namespaces/default/serviceaccounts/default", "kube-controller-manager")

    def start_api_server(self) -> None:
        """Start the API server (again); `wait_ready` tells when it serves."""
        self._start("kube-apiserver", self._api_server_flags())

    def stop_api_server(self, grace: float = 10.0) -> None:
        """End the API server, as an outage of it would; etcd keeps its objects."""
        self.processes["kube-apiserver"].stop(grace)

    def wait_ready(self) -> None:
        """Return when the API server is ready; raises `StartFailed` where it does not become so."""
        self._wait_for_object("/readyz", "kube-apiserver")

    @property
    def _pki(self) -> Path:
        return self.folder / "pki"

    def _start(self, name: str, flags: Sequence[str]) -> None:
        command = Program(name, [str(self.programs.path(name)), *flags], self.logs / f"{name}.log", cwd=self.folder)
        self.processes[name] = self.supervisor.start(command)

    def _wait_for_object(self, path: str, part: str) -> None:
        wait_for(f"GET {path}", lambda: self._served(path), STARTS_WITHIN, self.processes[part])

    def _served(self, path: str) -> bool:
        try:
            get(self.url + path, self.authority.decode(), self._admin_token)
        except (OSError, ValueError, http.client.HTTPException):  # not there, not ready, or half written
            return False
        return True

    def _etcd_flags(self) -> list[str]:
        client, peer = (f"http://{LOOPBACK}:{port}" for port in (self._ports.etcd, self._ports.etcd_peer))
        return [
            f"--data-dir={self.folder}/etcd",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",  # nothing here needs to survive a power cut
            *self.options.etcd,
        ]

    def _api_server_flags(self) -> list[str]:
        return [
            f"--etcd-servers=http://{LOOPBACK}:{self._ports.etcd}",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={self.port}",
            # It makes its own certificate, for the bound and the advertised address and `kubernetes.default.svc`.
            f"--advertise-address={HOST_IN_GUEST}",
            f"--cert-dir={self._pki}",
            f"--service-cluster-ip-range={self.service_cidr}",
            f"--service-account-signing-key-file={self._pki}/service-accounts.key",
            f"--service-account-key-file={self._pki}/service-accounts.key",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--token-auth-file={self._pki}/tokens.csv",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            *self.options.api_server,
        ]

    def _controller_manager_flags(self) -> list[str]:
        return [
            f"--kubeconfig={self.kubeconfig}",
            "--leader-elect=false",
            f"--controllers={','.join(self.options.controllers)}",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={self._ports.controller_manager}",
            f"--cert-dir={self.folder}/controller-manager",
            f"--service-account-private-key-file={self._pki}/service-accounts.key",
            f"--root-ca-file={self._pki}/ca.crt",
            *self.options.controller_manager,
        ]

    def _scheduler_flags(self) -> list[str]:
        return [
            f"--kubeconfig={self.kubeconfig}",
            "--leader-elect=false",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={self._ports.scheduler}",
            f"--cert-dir={self.folder}/scheduler",
            *self.options.scheduler,
        ]


def _write_signing_key(path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    path.touch(mode=0o600)
    path.write_bytes(pem)
