"""What all tests share: no test is skipped in silence, and one testbed serves all tests that need one."""

import signal
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from kube.client import Client
from kube.connection import connect
from testbed.bed import Testbed
from testbed.export import NfsExport
from testbed.image.image import BuiltImage, obtain_image
from testbed.kubectl import Kubectl
from testbed.node.node import Node
from testbed.progress import Progress
from tests import waiting
from tests.beds import REQUIRE_ALL, obtained, running_bed
from tests.namespaces import MakeNamespace, namespace_maker

# How long an example takes says more about the machine's other work than about the code.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")


def pytest_configure() -> None:
    """End at SIGTERM as at Ctrl-C: what fixtures have made goes. A shell has its commands in the background ignore
    Ctrl-C, and so would all that tests start and send it to.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the testbed, by the fixtures it asks for; and have files with such tests come last.

    Once it is up, it takes time from all other tests, among them those that stand on a testbed of their own.
    """
    late = set()
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "testbed" in fixtures:
            item.add_marker(pytest.mark.cluster)
            late.add(item.path)
        if "node" in fixtures:
            item.add_marker(pytest.mark.node)
        if "image" in fixtures:
            item.add_marker(pytest.mark.image)
    items.sort(key=lambda item: item.path in late)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With REQUIRE_ALL=1 a skip is a failure."""
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and REQUIRE_ALL=1 forbids that: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def testbed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Testbed]:
    """A control plane, an export and a node, for the whole session. Skips where there can be no control plane."""
    with running_bed(request, tmp_path_factory.mktemp("testbed", numbered=False)) as bed:
        yield bed


@pytest.fixture(scope="session")
def image(request: pytest.FixtureRequest) -> BuiltImage:
    """The container image of this checkout. Skips where it cannot be built."""
    return obtained(request, lambda: obtain_image(Progress()))


@pytest.fixture(scope="session")
def quota_image(request: pytest.FixtureRequest, image: BuiltImage) -> BuiltImage:
    """The image of this checkout for exports on a node itself, built after the other."""
    return obtained(request, lambda: obtain_image(Progress(), target="quota"))


@pytest.fixture(scope="session")
def kubectl(testbed: Testbed) -> Kubectl:
    """kubectl as the administrator."""
    return testbed.kubectl


@pytest.fixture(scope="session")
def client(testbed: Testbed) -> Client:
    """Our own client as the administrator."""
    return connect(testbed.kubeconfig)


@pytest.fixture(scope="session")
def node(testbed: Testbed) -> Node:
    """The real node. Skips where something stands in for it."""
    if not isinstance(testbed.node, Node):
        pytest.skip("; ".join(testbed.notes))
    return testbed.node


@pytest.fixture(scope="session")
def export(testbed: Testbed) -> NfsExport:
    """The NFS export, with a server behind it. Skips where it is a plain folder."""
    if not isinstance(testbed.export, NfsExport):
        pytest.skip("; ".join(testbed.notes))
    return testbed.export


@pytest.fixture(scope="session")
def export_root(testbed: Testbed) -> Path:
    """The folder that the export serves."""
    return testbed.export.root


@pytest.fixture(scope="session")
def make_namespace(kubectl: Kubectl) -> MakeNamespace:
    """Make a namespace with these labels and a name that no other test uses; returns the name.

    It is not deleted: the testbed ends with the session, and the deletion of a namespace takes seconds.
    """
    return namespace_maker(kubectl, "test")


@pytest.fixture
def namespace(make_namespace: MakeNamespace) -> str:
    """A namespace without labels."""
    return make_namespace()


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    """Wait until a condition holds; see `waiting.eventually`."""
    return waiting.eventually
