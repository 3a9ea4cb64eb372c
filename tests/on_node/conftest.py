"""nfs-steward as Pods on a real node: on a testbed of its own, since two installations would both make volumes.

Its API server and its Pods reach each other, and the image has been imported.
"""

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from kube.client import Client
from kube.connection import connect
from policy import keys
from testbed.bed import Testbed
from testbed.export import NfsExport
from testbed.image.image import BuiltImage
from testbed.nfs_server.server import MODULES
from testbed.node.guest import GuestOptions
from testbed.node.kernel_modules import WANTED
from testbed.node.node import Node
from testbed.parts import TestbedOptions
from testbed.product.chart import NAMESPACE
from testbed.product.release import Release
from tests.beds import running_bed
from tests.namespaces import MakeNamespace, namespace_maker

from .installed import chart_values, wait_all_available
from .team import Team

_OPTIONS: Final = TestbedOptions(pod_network=True, guest=GuestOptions(modules=(*WANTED, *MODULES)))
"""The node can become an NFS server, too."""


@pytest.fixture(scope="package")
def bed(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, image: BuiltImage
) -> Iterator[Testbed]:
    """A testbed with a real node and a real export, on which the image is there. Skips where there can be none."""
    with running_bed(request, tmp_path_factory.mktemp("on-node"), _OPTIONS) as bed:
        if not (isinstance(bed.node, Node) and isinstance(bed.export, NfsExport)):
            pytest.skip("; ".join(bed.notes))
        bed.node.load_images(image.archive)
        yield bed


@pytest.fixture(scope="package")
def release(bed: Testbed, image: BuiltImage) -> Release:
    """nfs-steward, available, where Pods of Pod Security `baseline` are let in and no others."""
    metadata = {"name": NAMESPACE, "labels": {keys.POD_SECURITY_ENFORCE: "baseline"}}
    bed.kubectl.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    made = Release(bed)
    made.install(chart_values(bed, image))
    wait_all_available(made)
    return made


@pytest.fixture(scope="package")
def administrator(bed: Testbed) -> Client:
    """Our own client as the administrator."""
    return connect(bed.kubeconfig)


@pytest.fixture(scope="package")
def make_team(bed: Testbed, release: Release) -> MakeNamespace:
    """Make an opted-in namespace; returns its name."""
    return namespace_maker(bed.kubectl, "team", {keys.INJECT: keys.INJECT_ENABLED})


@pytest.fixture
def make_people(bed: Testbed, make_team: MakeNamespace) -> Callable[[], Team]:
    """Make an opted-in namespace with people in it."""
    return lambda: Team(bed, make_team())


@pytest.fixture
def people(make_people: Callable[[], Team]) -> Team:
    """People of an opted-in namespace."""
    return make_people()


@pytest.fixture
def team(make_team: MakeNamespace) -> str:
    """An opted-in namespace."""
    return make_team()


@pytest.fixture(scope="package")
def classes(bed: Testbed, release: Release) -> dict[str, str]:
    """Classes by what happens on delete."""
    names = {each: f"life-{each}" for each in ("delete", "archive", "retain")}
    for on_delete, name in names.items():
        bed.kubectl.create(
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "metadata": {"name": name},
                "parameters": {"onDelete": on_delete, "pathPattern": "${.PVC.namespace}/${.PVC.name}"},
                "provisioner": keys.PROVISIONER,
                "allowVolumeExpansion": True,
            }
        )
    return names
