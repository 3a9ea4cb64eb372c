"""A cluster of its own for each measurement: a control plane with its binder, and a folder that stands for the export.

Nothing is mounted, so that what is measured is the programs and not a file server. nfs-steward is installed by its
chart, as it comes: each program has its own account, rights and fences.
"""

import io
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from bench.arena import Ground
from bench.errors import BenchError
from bench.footprint import processor_seconds
from bench.through_api import SERVICE_ACCOUNTS
from bench.volumes.metrics import Metrics, read_metrics
from kube.client import Client
from kube.connection import connect
from kube.resources import NAMESPACES
from policy import keys
from testbed.bed import Testbed
from testbed.control_plane import ControlPlaneOptions
from testbed.parts import TestbedOptions
from testbed.product.product import Product, Running
from testbed.progress import Progress
from testbed.waiting import wait_for

EXPORT: Final = "main"
CLASS: Final = "nfs"
"""The chart's own class."""

_LEADING_WITHIN: Final = 180.0
_ACCOUNT_WITHIN: Final = 180.0
_REST_WITHIN: Final = 120  # seconds
_RESTING: Final = 0.25  # of a processor
_USUAL: Final = ControlPlaneOptions()


@contextmanager
def running_cluster(ground: Ground, flags: ControlPlaneOptions = _USUAL) -> Iterator[Testbed]:
    """A control plane and a folder, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(dir=ground.folder) as folder:
        options = TestbedOptions(node=False, nfs_server=False, control_plane=flags)
        # What it says goes nowhere: a part of the benchmark shows its own progress meanwhile.
        bed = Testbed.up(Path(folder), options, Progress(io.StringIO()))
        try:
            yield bed
        finally:
            bed.down()


def administrator(bed: Testbed) -> Client:
    """The cluster as its administrator reaches it."""
    return connect(bed.kubeconfig)


def make_namespace(client: Client, name: str) -> str:
    """Make an opted-in namespace in which Pods can be created; returns its name."""
    opt_in(client, name)
    wait_for("its service account", lambda: list(client.list(SERVICE_ACCOUNTS, name).items), _ACCOUNT_WITHIN)
    return name


def opt_in(client: Client, name: str) -> None:
    """Make an opted-in namespace."""
    labels = {keys.INJECT: keys.INJECT_ENABLED}
    client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})


def installed(bed: Testbed) -> Product:
    """nfs-steward with the folder as its one export, and nothing of it running."""
    export = {"name": EXPORT, "server": bed.export.server, "path": bed.export.path}
    product = Product(bed, {"exports": [export]})
    product.install()
    return product


def start_controllers(product: Product) -> list[Running]:
    """Start both controllers, that of the cluster and that of the export; returns once they lead."""
    programs = [product.start_controller("--cluster"), start_export_controller(product)]
    for each in programs:
        _wait_leading(each)
    return programs


def start_cluster_controller(product: Product) -> Running:
    """Start the controller of the cluster; returns once it leads."""
    controller = product.start_controller("--cluster")
    _wait_leading(controller)
    return controller


def start_export_controller(product: Product) -> Running:
    """Start the controller of the export; returns at once."""
    return product.start_controller(f"--export={EXPORT}={product.bed.export.root}")


def _wait_leading(controller: Running) -> None:
    wait_for("the controller leads", partial(is_leading, controller), _LEADING_WITHIN, controller.process)


def is_leading(controller: Running) -> bool:
    """Whether a controller that has one duty is at work."""
    metrics = metrics_of(controller)
    return metrics is not None and metrics.total("nfs_steward_leading") == 1


def metrics_of(controller: Running) -> Metrics | None:
    """What a controller counts; None while it does not answer."""
    return read_metrics(controller.readyz.replace("/readyz", "/metrics"))


def without_controllers(bed: Testbed) -> None:
    """End what works on the API server beside nfs-steward: on a machine of two cores, what a scheduler and a controller
    manager do with the same objects costs more than what is measured.
    """
    for name in ("kube-scheduler", "kube-controller-manager"):
        bed.control_plane.processes[name].stop()


def at_rest(bed: Testbed) -> None:
    """Return when the API server has done what it does after its start, which would be measured otherwise."""
    process = bed.control_plane.processes["kube-apiserver"]
    before = processor_seconds(process.pid)
    for _ in range(_REST_WITHIN):
        time.sleep(1)
        now = processor_seconds(process.pid)
        if now - before < _RESTING:
            return
        before = now
    raise BenchError(f"the API server does not come to rest within {_REST_WITHIN} s")
