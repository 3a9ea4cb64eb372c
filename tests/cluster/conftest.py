"""The testbed's parts as fixtures, and a namespace of its own for each test."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from kube.client import Client
from kube.connection import connect
from testbed.bed import Testbed
from testbed.export import NfsExport
from testbed.kubectl import Kubectl
from testbed.node.node import Node

MakeNamespace = Callable[..., str]


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
    numbers = count(1)

    def make(labels: dict[str, str] | None = None) -> str:
        name = f"test-{next(numbers)}"
        metadata = {"name": name, "labels": labels or {}}
        kubectl.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        # Pods are refused until the controller manager has made it.
        kubectl("wait", "--for=create", "serviceaccount/default", f"--namespace={name}", "--timeout=30s")
        return name

    return make


@pytest.fixture
def namespace(make_namespace: MakeNamespace) -> str:
    """A namespace without labels."""
    return make_namespace()
