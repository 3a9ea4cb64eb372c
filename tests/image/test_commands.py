from collections.abc import Callable
from pathlib import Path

import pytest

from cli.main import SUBCOMMANDS
from testbed.bed import Testbed
from testbed.kubeconfig import write_kubeconfig
from testbed.supervision.client import SupervisedProcess

Run = Callable[..., SupervisedProcess]

PYTHON = "/opt/nfs-steward/bin/python"
IMPORT_EVERYTHING = """
import importlib, pkgutil
for package in ("policy", "kube", "runtime", "certs", "webhook", "controller", "cli"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        importlib.import_module(module.name)
"""
ASK_THE_API_SERVER = """
from pathlib import Path
from kube import resources
from kube.connection import connect
print(connect(Path("/kubeconfig")).get(resources.NAMESPACES, "default")["metadata"]["name"])
"""
MANIFESTS = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: team}
spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
"""


def finished(container: SupervisedProcess) -> tuple[int | None, str]:
    """The exit status of a container that ends by itself, and what it said."""
    return container.wait(60.0), container.log.read_text()


@pytest.mark.parametrize("name", [name for name in SUBCOMMANDS if name not in ("testbed", "demo")])
def test_every_command_for_a_cluster_is_there(run: Run, name: str) -> None:
    status, said = finished(run(name, "--help"))
    assert status == 0, said
    assert f"nfs-steward {name}" in said


@pytest.mark.parametrize("name", ["testbed", "demo"])
def test_a_command_that_starts_a_cluster_says_that_it_needs_a_checkout(run: Run, name: str) -> None:
    status, said = finished(run(name))
    assert status == 2
    assert f"`{name}` needs a checkout" in said


def test_no_module_of_ours_misses_what_was_left_out(run: Run) -> None:
    assert finished(run("-c", IMPORT_EVERYTHING, entrypoint=[PYTHON])) == (0, "")


def test_manifests_are_explained_as_a_table(run: Run, policy_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "claim.yaml").write_text(MANIFESTS)
    explain = ["explain", "--policy=/policy/policy.yaml", "--namespace-labels=nfs-steward.io/inject=enabled"]
    binds = {"/policy": policy_folder, "/claim.yaml": tmp_path / "claim.yaml"}
    status, said = finished(run(*explain, "--filename=/claim.yaml", binds=binds))
    assert status == 0, said
    assert "profile default" in said


def test_a_kubeconfig_is_read(run: Run, testbed: Testbed, tmp_path: Path) -> None:
    kubeconfig = write_kubeconfig(tmp_path / "kubeconfig", testbed.control_plane.access())
    kubeconfig.chmod(0o644)
    container = run("-c", ASK_THE_API_SERVER, entrypoint=[PYTHON], binds={"/kubeconfig": kubeconfig})
    assert finished(container) == (0, "default\n")
