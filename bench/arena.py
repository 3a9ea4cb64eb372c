"""The ground that every contestant stands on: a real API server with namespaces, a policy, a certificate.

Only etcd and the API server run. No controller manager and no scheduler: what they would do with the claims and Pods
that are created costs more than any admission, and would blur what is compared.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.admission import namespace_names
from bench.programs import BenchPrograms
from kube.client import Client
from kube.connection import connect
from kube.errors import AlreadyExists
from kube.resources import NAMESPACES, STORAGE_CLASSES
from policy import keys
from policy.shapes import Json
from testbed.commands import run
from testbed.control_plane import ControlPlane, ControlPlaneOptions
from testbed.kubeconfig import write_kubeconfig
from testbed.ports import LOOPBACK
from testbed.product.chart import NAMESPACE
from testbed.product.executable import nfs_steward
from testbed.programs import Programs
from testbed.supervision.client import Supervisor

POLICY: Final = Path(__file__).parent / "policy.yaml"

# Every tenth namespace names a profile, so that not all of them are settled alike.
_GOLD_EVERY: Final = 10
CLUSTER_DEFAULT: Final = "standard"
_CLASSES: Final = (CLUSTER_DEFAULT, "nfs", "nfs-gold")
_PARALLEL: Final = 8

# Without it a deleted claim waits for a controller that does not run here.
_WITHOUT_PROTECTION: Final = ControlPlaneOptions(
    api_server=("--disable-admission-plugins=StorageObjectInUseProtection",),
)


@dataclass(frozen=True, slots=True)
class Ground:
    """What every part is given: an empty folder, the Kubernetes programs, and the benchmark's."""

    folder: Path
    built: Programs
    programs: BenchPrograms


@dataclass(frozen=True, slots=True)
class Arena:
    """A running API server and what contestants are given. `folder` is for their files and logs."""

    folder: Path
    supervisor: Supervisor
    plane: ControlPlane
    programs: BenchPrograms
    client: Client

    @property
    def kubeconfig(self) -> Path:
        """The administrator's access."""
        return self.folder / "kubeconfig"

    @property
    def tls(self) -> Path:
        """The folder with `tls.crt`, `tls.key` and `ca.crt` that every contestant serves with."""
        return self.folder / "tls"

    @property
    def authority(self) -> Path:
        """The certificate that vouches for all contestants'."""
        return self.tls / "ca.crt"

    @property
    def token(self) -> str:
        """The administrator's bearer token."""
        return self.plane.access().token


@contextmanager
def opened(ground: Ground) -> Iterator[Arena]:
    """Run an arena with StorageClasses and our own namespace; everything that was started ends with the block."""
    folder, supervisor = ground.folder, Supervisor()
    try:
        plane = ControlPlane(folder / "plane", folder / "logs", ground.built, supervisor, _WITHOUT_PROTECTION)
        plane.launch()
        plane.wait_ready()
        kubeconfig = write_kubeconfig(folder / "kubeconfig", plane.access())
        run(
            [*nfs_steward(), "certs", "issue", f"--dir={folder}/tls", "--dns=localhost", f"--ip={LOOPBACK}", "--days=2"]
        )
        arena = Arena(folder, supervisor, plane, ground.programs, connect(kubeconfig))
        for name in _CLASSES:
            arena.client.create(STORAGE_CLASSES, _storage_class(name))
        arena.client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        yield arena
    finally:
        supervisor.close()


def fill_namespaces(client: Client, count: int) -> list[str]:
    """Make sure that there are `count` opted-in namespaces; returns their names."""
    names = namespace_names(count)
    in_parallel(lambda number: _create_once(client, _namespace(names[number], number)), range(count))
    return names


def in_parallel(do: Callable[[Any], object], items: Iterable[Any]) -> None:
    """Call `do` with each item from a few threads; raises what any of them raised."""
    with ThreadPoolExecutor(_PARALLEL) as pool:
        for _ in pool.map(do, items):
            pass


def _create_once(client: Client, namespace: Json) -> None:
    try:
        client.create(NAMESPACES, namespace)
    except AlreadyExists:
        return


def _namespace(name: str, number: int) -> Json:
    labels = {keys.INJECT: keys.INJECT_ENABLED, "example.com/team": name}
    if number % _GOLD_EVERY == 0:
        labels[keys.PROFILE] = "gold"
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _storage_class(name: str) -> Json:
    default = {keys.DEFAULT_CLASS_ANNOTATIONS[0]: "true"} if name == CLUSTER_DEFAULT else {}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name, "annotations": default},
        "provisioner": "kubernetes.io/no-provisioner",
    }
