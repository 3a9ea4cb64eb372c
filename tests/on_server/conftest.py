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
from tests.beds import running_bed, running_server
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
def server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[NfsServer]:
    """The server, which serves what tests have it serve. Skips where there can be none."""
    with running_server(request, tmp_path_factory.mktemp("nfs-server")) as server:
        yield server


@pytest.fixture(scope="package")
def bed(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, server: NfsServer
) -> Iterator[Testbed]:
    """A control plane beside the server: nothing here runs in a Pod."""
    assert server.guest.process, "without a server there is nothing to try"
    options = TestbedOptions(node=False, nfs_server=False)
    with running_bed(request, tmp_path_factory.mktemp("on-server"), options) as bed:
        yield bed


@pytest.fixture(scope="package")
def site(bed: Testbed, server: NfsServer) -> Site:
    """nfs-steward, with every export of `ways` served and a controller for each."""
    product = Product(bed, chart_values())
    product.install()
    webhook = product.start_webhook()
    cluster = product.start_controller("--cluster")
    site = Site(server, GuestProduct(product, server), connect(bed.kubeconfig))
    server.serve(*(way.served for way in ALL))
    site.start_controllers()
    webhook.wait_ready()
    cluster.wait_ready()
    product.connect()
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
