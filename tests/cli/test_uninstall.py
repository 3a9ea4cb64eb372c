"""`nfs-steward uninstall` and `verify` as commands; what they do in a cluster is tested on one, in tests/rights."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]


@pytest.fixture
def nobody(tmp_path: Path) -> Iterator[Path]:
    """A kubeconfig of a server that does not answer."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and nobody listens
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "x",
            "clusters": [{"name": "x", "cluster": {"server": f"http://127.0.0.1:{silent.getsockname()[1]}"}}],
            "users": [{"name": "x", "user": {}}],
            "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        }
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(config))
        yield path


def test_every_step_that_fails_is_told_in_a_line_and_the_status_says_that_something_is_left(
    run: Run, nobody: Path
) -> None:
    result = run("uninstall", "--kubeconfig", nobody, "--timeout", "0", "--dry-run", "--namespace", "storage")
    assert result.exit_code == 1
    *steps, verdict = result.output.splitlines()
    begin = [
        "delete: MutatingWebhookConfiguration nfs-steward: failed: ",
        "delete: ValidatingWebhookConfiguration nfs-steward: failed: ",
        "delete: Deployment: failed: ",
        "delete: ResourceQuota nfs-steward: failed: ",
        "delete: LimitRange nfs-steward: failed: ",
        "take gates off: Pod: failed: ",
        "take finalizers off: PersistentVolume: failed: ",
        "delete: Job storage/nfs-steward-policy-check: failed: ",
        "delete: Pod storage/nfs-steward-test: failed: ",
        "delete: Secret storage/nfs-steward-webhook-tls: failed: ",
    ]
    assert [step.startswith(start) for step, start in zip(steps, begin, strict=True)] == [True] * 10
    assert all("no answer from 127.0.0.1" in step for step in steps)
    assert verdict.startswith("Something is left")


def test_a_verification_that_gets_no_answer_says_so(run: Run, nobody: Path) -> None:
    result = run("verify", "--kubeconfig", nobody, "--timeout", "0", "--namespace", "team", "-o", "json")
    assert result.exit_code == 1
    told = json.loads(result.output)
    assert told["filledIn"] is False
    assert "no answer from 127.0.0.1" in told["message"]


@pytest.mark.parametrize("command", ["uninstall", "verify"])
def test_without_a_cluster_there_is_nothing_to_begin_with(run: Run, tmp_path: Path, command: str) -> None:
    result = run(command, "--namespace", "x", "--kubeconfig", tmp_path / "none")
    assert result.exit_code == 2
    assert "there is no such kubeconfig" in result.stderr
