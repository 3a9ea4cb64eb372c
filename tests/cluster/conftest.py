"""nfs-steward running on the session's testbed."""

from collections.abc import Callable, Iterator

import pytest

from policy import keys
from policy.shapes import Json
from testbed.bed import Testbed
from testbed.product.product import Product

from .installation import INERT, Installation, chart_values

MakeNamespace = Callable[..., str]


@pytest.fixture(scope="session")
def installation(testbed: Testbed) -> Iterator[Installation]:
    """nfs-steward, running; tests may stop its programs and must start them again."""
    testbed.kubectl.apply(inert_class(INERT), inert_class("inert-gold"))
    installed = Installation(Product(testbed, chart_values(testbed.export)))
    installed.start_all()
    yield installed
    installed.product.disconnect()


@pytest.fixture(scope="session")
def make_team(installation: Installation, make_namespace: MakeNamespace) -> MakeNamespace:
    """Make an opted-in namespace, with this profile and these labels; returns its name."""

    def make(profile: str = "default", labels: dict[str, str] | None = None) -> str:
        return make_namespace({keys.INJECT: keys.INJECT_ENABLED, keys.PROFILE: profile, **(labels or {})})

    return make


@pytest.fixture
def team(make_team: MakeNamespace) -> str:
    """An opted-in namespace with the default profile."""
    return make_team()


@pytest.fixture(scope="session")
def stand_in(testbed: Testbed) -> dict[str, str]:
    """A nodeSelector for Pods that shall be scheduled and not run: that of a node that stands in for a real one."""
    testbed.add_stand_in("stand-in")
    return {"kubernetes.io/hostname": "stand-in"}


def inert_class(name: str) -> Json:
    """A class for which nobody makes volumes."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "example.com/nobody",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
