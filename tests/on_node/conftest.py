"""nfs-steward as Pods on a real node: on a testbed of its own, since two installations would both make volumes.

Its API server and its Pods reach each other, and the image has been imported.
"""

from collections.abc import Iterator

import pytest

from kube.client import Client
from kube.connection import connect
from policy import keys
from testbed.bed import Testbed
from testbed.export import NfsExport
from testbed.image.image import BuiltImage
from testbed.node.node import Node
from testbed.parts import TestbedOptions
from testbed.product.chart import NAMESPACE
from testbed.product.release import Release
from tests.beds import running_bed
from tests.namespaces import MakeNamespace, namespace_maker

from .installed import chart_values, wait_all_available


@pytest.fixture(scope="package")
def bed(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, image: BuiltImage
) -> Iterator[Testbed]:
    """A testbed with a real node and a real export, on which the image is there. Skips where there can be none."""
    with running_bed(request, tmp_path_factory.mktemp("on-node"), TestbedOptions(pod_network=True)) as bed:
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
def team(make_team: MakeNamespace) -> str:
    """An opted-in namespace."""
    return make_team()
