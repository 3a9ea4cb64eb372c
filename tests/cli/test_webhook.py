import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from webhook.options import WebhookOptions


@pytest.fixture
def started(run, monkeypatch):
    """Starts `nfs-steward webhook` up to the point where the server would run; returns its options."""

    def started(*arguments: str) -> WebhookOptions:
        seen: list[WebhookOptions] = []
        monkeypatch.setattr("cli.webhook.run_webhook", lambda options: seen.append(options) or 7)
        result = run("webhook", *arguments)
        assert result.exit_code == 7, result.output
        return seen[0]

    return started


def test_every_option_reaches_the_webhook(started):
    options = started(
        *("--policy", "p.yaml", "--tls-dir", "tls", "--bind", "[::1]:9443", "--workers", "3", "--kubeconfig", "k"),
        *("--log-format", "text", "--log-level", "debug", "--validate-failure-policy", "Ignore"),
        *("--tls-wait", "90s", "--namespace", "storage"),
    )
    assert options == WebhookOptions(
        policy=Path("p.yaml"),
        tls_dir=Path("tls"),
        tls_wait=timedelta(seconds=90),
        bind="[::1]:9443",
        workers=3,
        namespace="storage",
        kubeconfig=Path("k"),
        log_json=False,
        log_level="debug",
        validate_failure_policy="Ignore",
    )


def test_what_is_not_said_is_the_webhooks_own_default(started):
    options = started("--policy", "p.yaml", "--tls-dir", "tls")
    assert options == WebhookOptions(Path("p.yaml"), Path("tls"), "127.0.0.1:8443")


@pytest.mark.parametrize("lacking", ["--policy", "--tls-dir"])
def test_policy_and_certificates_have_to_be_named(run, lacking):
    arguments = {"--policy": "p.yaml", "--tls-dir": "tls"}
    del arguments[lacking]
    result = run("webhook", *(each for pair in arguments.items() for each in pair))
    assert result.exit_code == 2
    assert lacking in result.stderr


def test_a_policy_that_cannot_be_read_ends_it_with_one_line(tmp_path):
    # A process of its own: it takes over signals and logging.
    command = [Path(sys.executable).with_name("nfs-steward"), "webhook", "--bind", "127.0.0.1:0", "--tls-dir", tmp_path]
    result = subprocess.run(
        [*command, "--policy", tmp_path / "policy.yaml"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert "policy.yaml" in result.stderr
    assert result.stderr.count("\n") == 1
