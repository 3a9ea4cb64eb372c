"""A testbed of its own, whose Pods are processes of this machine, with nfs-steward on it as Helm installs it."""

from collections.abc import Iterator

import pytest

from kube.client import Client
from kube.connection import connect
from policy import keys
from testbed.audit import audit_flags
from testbed.bed import Testbed
from testbed.control_plane import ControlPlaneOptions
from testbed.errors import PartUnavailable
from testbed.image.image import obtain_image
from testbed.kubectl import Kubectl
from testbed.parts import TestbedOptions
from testbed.pods.images import Image, image_from_config, nfs_steward_of_this_checkout
from testbed.pods.local_node import OUR_IMAGE, LocalNode, LocalPods
from testbed.progress import Progress
from testbed.story.audit import CREATIONS
from tests.beds import REQUIRE_ALL, obtained, running_bed
from tests.cluster.conftest import inert_class
from tests.cluster.installation import INERT
from tests.namespaces import MakeNamespace, namespace_maker

from .load import Load, load_on
from .site import Site


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them need the real control plane."""
    for item in items:
        if "bed" in getattr(item, "fixturenames", ()) and "release" in str(item.path):
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="package")
def bed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Testbed]:
    """A control plane, an export, and a node whose Pods run as rendered, from the image where it can be had."""
    folder = tmp_path_factory.mktemp("release")
    flags = ControlPlaneOptions(api_server=audit_flags(folder / "audit", CREATIONS))
    pods = LocalPods({OUR_IMAGE: obtained(request, our_image)})
    with running_bed(request, folder, TestbedOptions(local_pods=pods, control_plane=flags)) as bed:
        yield bed


def our_image() -> Image:
    """The image of this checkout; where it cannot be built, the checkout itself, on this machine's root file system."""
    try:
        built = obtain_image(Progress())
    except PartUnavailable:
        if REQUIRE_ALL:
            raise
        return nfs_steward_of_this_checkout()
    return image_from_config(built.root, built.config)


@pytest.fixture(scope="package")
def kubectl(bed: Testbed) -> Kubectl:
    """kubectl as the administrator."""
    return bed.kubectl


@pytest.fixture(scope="package")
def client(bed: Testbed) -> Client:
    """Our own client as the administrator."""
    return connect(bed.kubeconfig)


@pytest.fixture(scope="package")
def node(bed: Testbed) -> LocalNode:
    """The node whose Pods are processes. Skips where something stands in for it."""
    if not isinstance(bed.node, LocalNode):
        pytest.skip("; ".join(bed.notes))
    return bed.node


@pytest.fixture(scope="package")
def shared_site(bed: Testbed, client: Client, node: LocalNode) -> Site:
    """The cluster, in which nfs-steward is installed or not, as the tests before have left it."""
    bed.kubectl.apply(inert_class(INERT))
    return Site(bed, client, node)


@pytest.fixture
def site(shared_site: Site) -> Site:
    """nfs-steward, installed and working."""
    shared_site.have_installed()
    return shared_site


@pytest.fixture(scope="package")
def make_namespace(kubectl: Kubectl) -> MakeNamespace:
    """Make a namespace with these labels and a name that no other test uses; returns the name."""
    return namespace_maker(kubectl, "test")


@pytest.fixture
def team(make_namespace: MakeNamespace) -> str:
    """An opted-in namespace with the default profile."""
    return make_namespace({keys.INJECT: keys.INJECT_ENABLED})


@pytest.fixture
def inert_team(make_namespace: MakeNamespace) -> str:
    """An opted-in namespace with a class for which nobody makes volumes."""
    return make_namespace({keys.INJECT: keys.INJECT_ENABLED, keys.PROFILE: INERT})


@pytest.fixture
def load(site: Site, inert_team: str) -> Iterator[Load]:
    """Claims are created all the time."""
    with load_on(site.bed, inert_team, INERT) as load:
        yield load
