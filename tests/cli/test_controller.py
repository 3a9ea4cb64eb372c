import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from controller.certificates.options import CertificateOptions
from controller.options import ControllerOptions


@pytest.fixture
def started(run, monkeypatch):
    """Starts `nfs-steward controller` up to the point where the controller would run; returns its options."""

    def started(*arguments: str) -> ControllerOptions:
        seen: list[ControllerOptions] = []
        monkeypatch.setattr("cli.controller.run_controller", lambda options: seen.append(options) or 7)
        result = run("controller", *arguments)
        assert result.exit_code == 7, result.output
        return seen[0]

    return started


def test_every_option_reaches_the_controller(started):
    options = started(
        *("--policy", "p.yaml", "--kubeconfig", "k", "--cluster", "--export", "a=/mnt/a", "--export", "b=/mnt/b"),
        *(
            "--namespace",
            "storage",
            "--health-bind",
            "[::1]:8081",
            "--log-format",
            "text",
            "--log-level",
            "debug",
        ),
    )
    assert (options.policy, options.kubeconfig) == (Path("p.yaml"), Path("k"))
    assert (options.cluster, options.exports) == (True, {"a": Path("/mnt/a"), "b": Path("/mnt/b")})
    assert options.namespace == "storage"
    assert (options.health_host, options.health_port) == ("::1", 8081)
    assert (options.log_json, options.log_level) == (False, "debug")


def test_what_is_not_said_is_the_controllers_own_default(started):
    options = started("--policy", "p.yaml")
    defaults = ControllerOptions(Path("p.yaml"), identity=options.identity)
    assert options == defaults


def test_every_option_about_certificates_reaches_the_controller(started):
    options = started(
        *("--policy", "p.yaml", "--cluster", "--certificates", "publish", "--certificate-secret", "s"),
        *("--webhook", "w", "--webhook-pods", "app=w", "--webhook-configuration", "c"),
        *("--certificate-lifetime", "24h", "--authority-lifetime", "30h30m"),
    )
    lifetimes = timedelta(hours=24), timedelta(hours=30, minutes=30)
    assert options.certificates == CertificateOptions("publish", "s", "w", "app=w", "c", *lifetimes)


def test_certificates_that_are_only_asked_for_get_the_duty_s_own_defaults(started):
    assert started("--policy", "p.yaml", "--certificates", "issue").certificates == CertificateOptions()


def test_an_export_cannot_be_mounted_twice(run):
    result = run("controller", "--policy", "p.yaml", "--export", "a=/x", "--export", "a=/y")
    assert result.exit_code == 2
    assert "once only" in result.stderr


@pytest.mark.parametrize(
    ("policy", "arguments", "told"),
    [
        pytest.param(None, ["--cluster"], "policy.yaml", id="no policy file"),
        pytest.param("profiles: []", ["--cluster"], "policy.yaml is not a valid policy", id="an invalid policy"),
        pytest.param("profiles: [{name: default}]", [], "nothing to do", id="nothing to do"),
        pytest.param("profiles: [{name: default}]", ["--export", "a=/x"], "no such export", id="an unknown export"),
        pytest.param(
            "profiles: [{name: default}]",
            ["--export", "a=/x", "--certificates", "issue"],
            "give --cluster",
            id="certificates without the duty that keeps them",
        ),
        pytest.param(
            "profiles: [{name: default}]",
            ["--cluster", "--certificates", "issue", "--authority-lifetime", "1h"],
            "must live longer",
            id="an authority that would not outlive what it signs",
        ),
    ],
)
def test_what_cannot_start_ends_with_one_line(tmp_path, policy, arguments, told):
    file = tmp_path / "policy.yaml"
    if policy:
        file.write_text(policy)
    # A process of its own: it takes over signals and logging.
    command = [Path(sys.executable).with_name("nfs-steward"), "controller", "--policy", file, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1
