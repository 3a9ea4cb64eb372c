"""A kernel NFS server with clients of its own, and nfs-steward at its exports: the control plane on this machine, the
exports' controllers in the server's guest.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from kube.connection import connect
from policy import keys
from testbed.bed import Testbed
from testbed.nfs_server.server import NfsServer
from testbed.parts import TestbedOptions
from testbed.product.in_guest import GuestProduct
from testbed.product.product import Product
from tests.beds import launched_server, running_bed
from tests.namespaces import namespace_maker

from .site import Site, chart_values
from .team import Team
from .ways import ALL

MakeTeam: TypeAlias = Callable[[], Team]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them need the guest, as a node does."""
    for item in items:
        if "server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.node)


@pytest.fixture(scope="package")
def launched(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[NfsServer]:
    """The server, not ready yet. Skips where there can be none."""
    with launched_server(request, tmp_path_factory.mktemp("nfs-server")) as server:
        yield server


@pytest.fixture(scope="package")
def server(launched: NfsServer) -> NfsServer:
    """The server, which serves what tests have it serve."""
    return launched.wait_ready()


@pytest.fixture(scope="package")
def bed(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, launched: NfsServer
) -> Iterator[Testbed]:
    """A control plane beside the server, which boots meanwhile: nothing here runs in a Pod."""
    assert launched.guest.process, "without a server there is nothing to try"
    options = TestbedOptions(node=False, nfs_server=False)
    with running_bed(request, tmp_path_factory.mktemp("on-server"), options) as bed:
        yield bed


@pytest.fixture(scope="package")
def product(bed: Testbed) -> Product:
    """nfs-steward, installed, with what runs on this machine."""
    product = Product(bed, chart_values())
    product.install()
    cluster = product.start_controller("--cluster")
    product.start_webhook().wait_ready()
    product.connect()
    cluster.wait_ready()
    return product


@pytest.fixture(scope="package")
def site(bed: Testbed, product: Product, server: NfsServer) -> Site:
    """Every export of `ways` served, and a controller for each."""
    site = Site(server, GuestProduct(product, server), connect(bed.kubeconfig))
    server.serve(*(way.served for way in ALL))
    site.start_controllers()
    return site


@pytest.fixture(scope="package")
def make_team(bed: Testbed, site: Site) -> MakeTeam:
    """Make an opted-in namespace."""
    make = namespace_maker(bed.kubectl, "team", {keys.INJECT: keys.INJECT_ENABLED})
    return lambda: Team(site, make())


@pytest.fixture
def team(make_team: MakeTeam) -> Team:
    """An opted-in namespace."""
    return make_team()
