import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import command

POLICY = """
exports:
- {server: 10.0.0.5, path: /nfs/data, mountOptions: [nfsvers=4.1]}
profiles:
- name: default
  storageClassName: nfs
  accessModes: [ReadWriteMany]
  mountOptions: [hard]
  allowedMountOptions: [rsize]
  claim: {default: 1Gi}
- name: denying
  storageClassName: nfs
  inlineVolumes: deny
- name: rewriting
  inlineVolumes: csi
- name: soft
  overQuota: readOnly
- name: strict
  overQuota: block
"""

OPTED_IN = "nfs-steward.io/inject=enabled"


@pytest.fixture
def run() -> Callable[..., Result]:
    """Runs `nfs-steward` with arguments, as a shell would; what it raises unexpectedly is raised here."""

    def run(*arguments: object, stdin: str | None = None) -> Result:
        return CliRunner().invoke(command, [str(each) for each in arguments], input=stdin, catch_exceptions=False)

    return run


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    return file


@pytest.fixture
def explain(run, policy_file) -> Callable[..., list[dict[str, Any]]]:
    """Explains the manifests in a text, in opted-in namespaces where nothing else is said; returns the rows."""

    def explain(manifests: str, *options: object, labels: str = OPTED_IN) -> list[dict[str, Any]]:
        arguments = ["explain", "-f", "-", "--policy", policy_file, "-o", "json", "--namespace-labels", labels]
        result = run(*arguments, *options, stdin=dedent(manifests))
        rows: list[dict[str, Any]] = json.loads(result.stdout)
        assert result.exit_code == (0 if all(row["allowed"] for row in rows) else 1)
        return rows

    return explain
