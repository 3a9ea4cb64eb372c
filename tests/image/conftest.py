"""Containers of the image that run on this machine, and the parts of it that several tests look at."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from certs.issuing import issue_into
from certs.names import ServingNames
from testbed.bed import Testbed
from testbed.image.container import Container
from testbed.image.image import BuiltImage
from testbed.image.tools import obtain_tools
from testbed.ports import LOOPBACK
from testbed.progress import Progress
from testbed.supervision.client import SupervisedProcess, Supervisor

Run = Callable[..., SupervisedProcess]

POLICY = """
exports:
- {name: main, server: 10.0.0.5, path: /nfs/data}
profiles:
- {name: default, storageClassName: nfs, claim: {default: 1Gi}}
"""


@pytest.fixture(scope="session")
def supervisor() -> Iterator[Supervisor]:
    supervisor = Supervisor()
    yield supervisor
    supervisor.close()


@pytest.fixture
def run(image: BuiltImage, supervisor: Supervisor, tmp_path: Path) -> Iterator[Run]:
    """Start a container with these arguments, and whatever else a `Container` takes; it is ended after the test."""
    started = []
    tools = obtain_tools(Progress())

    def start(*arguments: str, **options: Any) -> SupervisedProcess:
        folder = tmp_path / f"container-{len(started)}"
        folder.mkdir()
        container = Container(**{"image": image, "folder": folder, "arguments": arguments, **options})
        started.append(supervisor.start(container.program(tools)))
        return started[-1]

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def policy_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "policy"
    folder.mkdir()
    (folder / "policy.yaml").write_text(POLICY)
    return folder


@pytest.fixture
def tls_folder(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1, which whoever runs in a container can read."""
    folder = tmp_path / "tls"
    issue_into(folder, ServingNames.parse((), (LOOPBACK,)), timedelta(days=1), lambda: datetime.now(UTC))
    for file in folder.iterdir():
        file.chmod(0o644)
    folder.chmod(0o755)
    return folder


@pytest.fixture
def trust(tls_folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(tls_folder / "ca.crt"))


@pytest.fixture
def account_folder(testbed: Testbed, namespace: str, tmp_path: Path) -> Path:
    """What a Pod has of its service account; it may do everything: rights are not what is tested here."""
    testbed.kubectl("create", "serviceaccount", "steward", f"--namespace={namespace}")
    subject = f"--serviceaccount={namespace}:steward"
    testbed.kubectl("create", "clusterrolebinding", f"{namespace}-steward", "--clusterrole=cluster-admin", subject)
    folder = tmp_path / "account"
    folder.mkdir(mode=0o755)
    token = testbed.kubectl("create", "token", "steward", f"--namespace={namespace}")
    (folder / "token").write_text(token.strip())
    (folder / "ca.crt").write_bytes(testbed.control_plane.authority)
    (folder / "namespace").write_text(namespace)
    return folder


@pytest.fixture
def api_server(testbed: Testbed) -> dict[str, str]:
    """The variables by which a Pod knows where the API server is."""
    return {"KUBERNETES_SERVICE_HOST": LOOPBACK, "KUBERNETES_SERVICE_PORT": str(testbed.control_plane.port)}
