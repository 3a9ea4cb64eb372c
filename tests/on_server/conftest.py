"""A kernel NFS server, with clients of its own."""

from collections.abc import Iterator

import pytest

from testbed.nfs_server.server import NfsServer
from tests.beds import running_server


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
