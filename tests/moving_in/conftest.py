"""A testbed of its own, on which another provisioner was there before nfs-steward."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from kube.client import Client
from kube.connection import connect
from testbed.bed import Testbed
from testbed.errors import PartUnavailable
from testbed.kubectl import Kubectl
from testbed.parts import TestbedOptions
from testbed.pods.local_node import LocalNode, LocalPods
from testbed.product.executable import nfs_steward
from testbed.product.product import Product, Running
from tests.cluster.installation import wait_leading
from tests.namespaces import MakeNamespace, namespace_maker

from .peers import SUBDIR, Peer, storage_class


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them need the real control plane."""
    for item in items:
        if "moving_in" in str(item.path):
            item.add_marker(pytest.mark.cluster)


@dataclass(frozen=True, slots=True)
class Said:
    """How `nfs-steward adopt` has ended, and what it said."""

    status: int
    output: str
    errors: str

    @property
    def report(self) -> Any:
        """What it said with `-o json`."""
        return json.loads(self.output)

    def volume(self, name: str) -> Any:
        """What the report says of a volume."""
        return next(each for each in self.report["volumes"] if each["name"] == name)


Adopt = Callable[..., Said]


@pytest.fixture(scope="package")
def bed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Testbed]:
    """A control plane, a folder, and a node whose Pods are processes that have their volumes in it."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    try:
        with capture.global_and_fixture_disabled():
            options = TestbedOptions(nfs_server=False, local_pods=LocalPods())
            bed = Testbed.up(tmp_path_factory.mktemp("moving-in"), options)
    except PartUnavailable as problem:
        pytest.skip(str(problem))
    yield bed
    bed.down()


@pytest.fixture(scope="package")
def node(bed: Testbed) -> LocalNode:
    """The node whose Pods are processes. Skips where something stands in for it."""
    if not isinstance(bed.node, LocalNode):
        pytest.skip("; ".join(bed.notes))
    return bed.node


@pytest.fixture(scope="package")
def kubectl(bed: Testbed) -> Kubectl:
    """kubectl as the administrator."""
    return bed.kubectl


@pytest.fixture(scope="package")
def client(bed: Testbed) -> Client:
    """Our own client as the administrator."""
    return connect(bed.kubeconfig)


@pytest.fixture(scope="package")
def peer(bed: Testbed, client: Client) -> Peer:
    """The provisioner that was there before, with a class for each thing that it can do on delete."""
    bed.kubectl.apply(
        storage_class("nfs-client", archiveOnDelete="false"),
        storage_class("nfs-archiving", archiveOnDelete="true"),
        storage_class("nfs-retaining", onDelete="retain"),
        storage_class("nfs-by-default"),
    )
    return Peer(client, bed.export)


@dataclass
class Steward:
    """nfs-steward on the bed, which serves the same export and classes as the one before."""

    product: Product
    running: Running | None = None

    def start(self) -> None:
        """Start the export's controller; returns when it leads."""
        self.running = self.product.start_controller(f"--export=main={self.product.bed.export.root}").wait_ready()
        wait_leading(self.running)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop it for the block, in which the one before serves claims as it always did."""
        if self.running:
            self.running.process.stop()
        yield
        self.start()


@pytest.fixture(scope="package")
def steward(bed: Testbed, peer: Peer) -> Steward:
    """nfs-steward, installed; its controller runs once the first volume of the one before is there."""
    export = {"name": "main", "server": bed.export.server, "path": bed.export.path}
    product = Product(bed, {"exports": [export], "provisionerName": SUBDIR})
    product.install()
    return Steward(product)


@pytest.fixture(scope="package")
def make_namespace(kubectl: Kubectl) -> MakeNamespace:
    """Make a namespace with these labels and a name that no other test uses; returns the name."""
    return namespace_maker(kubectl, "test")


@pytest.fixture
def team(make_namespace: MakeNamespace) -> str:
    """A namespace that has never heard of nfs-steward."""
    return make_namespace()


@pytest.fixture
def adopt(bed: Testbed) -> Adopt:
    """Runs `nfs-steward adopt` as the administrator, with these options, and its report as JSON."""

    def adopt(*options: str, provisioner: str = SUBDIR) -> Said:
        argv = [*nfs_steward(), "adopt", f"--kubeconfig={bed.kubeconfig}", f"--provisioner={provisioner}", *options]
        done = subprocess.run([*argv, "-o", "json"], capture_output=True, text=True, timeout=120, check=False, input="")
        return Said(done.returncode, done.stdout, done.stderr)

    return adopt
