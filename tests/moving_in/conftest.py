"""A testbed of its own, on which another provisioner was there before nfs-steward."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kube import resources
from kube.client import Client
from kube.connection import connect
from testbed.bed import Testbed
from testbed.kubectl import Kubectl
from testbed.parts import TestbedOptions
from testbed.pods.local_node import LocalNode, LocalPods
from testbed.product.executable import nfs_steward
from testbed.product.product import Product, Running
from tests.beds import running_bed
from tests.cluster.installation import wait_leading
from tests.namespaces import MakeNamespace, namespace_maker

from .peers import SUBDIR, Peer, claim, storage_class


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them need the real control plane."""
    for item in items:
        if "moving_in" in str(item.path):
            item.add_marker(pytest.mark.cluster)


@dataclass(frozen=True, slots=True)
class Said:
    """How `nfs-steward` has ended, and what it said."""

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


Say = Callable[..., Said]
Adopt = Callable[..., Said]


@pytest.fixture(scope="package")
def bed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Testbed]:
    """A control plane, a folder, and a node whose Pods are processes that have their volumes in it."""
    options = TestbedOptions(nfs_server=False, local_pods=LocalPods())
    with running_bed(request, tmp_path_factory.mktemp("moving-in"), options) as bed:
        yield bed


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
    running: Running = field(init=False)

    def start(self) -> None:
        """Start the export's controller; returns when it leads."""
        self.running = self.product.start_controller(f"--export=main={self.product.bed.export.root}").wait_ready()
        wait_leading(self.running)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop it for the block, in which the one before serves claims as it always did."""
        self.running.process.stop()
        yield
        self.start()


@pytest.fixture(scope="package")
def steward(bed: Testbed, peer: Peer) -> Steward:
    """nfs-steward, installed and running."""
    export = {"name": "main", "server": bed.export.server, "path": bed.export.path}
    product = Product(bed, {"exports": [export], "provisionerName": SUBDIR})
    product.install()
    steward = Steward(product)
    steward.start()
    return steward


@pytest.fixture(scope="package")
def make_namespace(kubectl: Kubectl) -> MakeNamespace:
    """Make a namespace with these labels and a name that no other test uses; returns the name."""
    return namespace_maker(kubectl, "test")


@pytest.fixture
def team(make_namespace: MakeNamespace) -> str:
    """A namespace that has never heard of nfs-steward."""
    return make_namespace()


@pytest.fixture
def say(bed: Testbed) -> Say:
    """Runs `nfs-steward` as the administrator of the cluster."""
    return commands({"KUBECONFIG": str(bed.kubeconfig)})


@pytest.fixture
def say_in_pod(bed: Testbed, steward: Steward) -> Say:
    """Runs `nfs-steward` with what there is in the Pod of the export's controller."""
    product = steward.product
    env = {
        "KUBECONFIG": str(product.kubeconfig("export")),
        "NFS_STEWARD_EXPORT": f"main={bed.export.root}",
        "NFS_STEWARD_POLICY": str(product.policy_file),
    }
    return commands(env)


def commands(env: Mapping[str, str]) -> Say:
    """What runs `nfs-steward` with these variables."""

    def say(*arguments: str) -> Said:
        whole = {**os.environ, **env}
        argv = [*nfs_steward(), *arguments]
        done = subprocess.run(argv, env=whole, capture_output=True, text=True, timeout=120, check=False, input="")
        return Said(done.returncode, done.stdout, done.stderr)

    return say


@pytest.fixture
def adopt(say: Say, steward: Steward) -> Adopt:  # it reads the policy that was installed
    """Runs `nfs-steward adopt` with these options, by the policy in the cluster; its report is JSON."""

    def adopt(*options: str, provisioner: str = SUBDIR) -> Said:
        return say("adopt", f"--provisioner={provisioner}", "-o", "json", *options)

    return adopt


@pytest.fixture
def directory(client: Client, peer: Peer, steward: Steward, team: str, request: pytest.FixtureRequest) -> Path:
    """The directory of the claim `data` in the team's namespace, which the one before has served, with a file in it.
    Its class is the parameter, if there is one.
    """
    with steward.away():
        client.create(resources.CLAIMS, claim("data", team, getattr(request, "param", "nfs-client")))
        folder = peer.serve(team, "data")
    (folder / "SUCCESS").write_text("kept\n")
    return folder
