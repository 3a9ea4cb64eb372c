"""A testbed of its own, whose API server writes down every request that the accounts of the chart make."""

from collections.abc import Iterator

import pytest

from kube.connection import connect
from testbed.audit import audit_flags, audit_log
from testbed.bed import Testbed
from testbed.control_plane import ControlPlaneOptions
from testbed.parts import TestbedOptions
from testbed.product.chart import NAMESPACE
from testbed.product.product import Product
from tests.beds import running_bed

from .asked import AuditLog
from .world import World, chart_values

OF_THE_RELEASE = {"level": "Metadata", "userGroups": [f"system:serviceaccounts:{NAMESPACE}"]}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them need the real control plane."""
    for item in items:
        if "world" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.cluster)


NAMESPACED_DATA_SOURCES = "--feature-gates=CrossNamespaceVolumeDataSource=true"
"""Without it the API server drops what a right is needed for."""


@pytest.fixture(scope="package")
def bed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Testbed]:
    """A control plane and a folder: nothing here needs to be mounted, or to run in a Pod."""
    folder = tmp_path_factory.mktemp("rights")
    flags = ControlPlaneOptions(api_server=[*audit_flags(folder / "audit", OF_THE_RELEASE), NAMESPACED_DATA_SOURCES])
    with running_bed(request, folder, TestbedOptions(node=False, nfs_server=False, control_plane=flags)) as bed:
        yield bed


@pytest.fixture(scope="package")
def world(bed: Testbed) -> World:
    """nfs-steward on it, with all that a chart can switch on, and every program with its own account's token."""
    log = AuditLog(audit_log(bed.folder / "audit"))
    world = World(Product(bed, chart_values(bed.export)), connect(bed.kubeconfig), log)
    world.install()
    return world
