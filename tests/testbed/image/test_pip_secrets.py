from pathlib import Path

import pytest

from testbed.image.pip_secrets import pip_secrets, pip_settings


def test_the_environment_counts_more_than_files_and_a_command_s_own_section_more_than_that_of_all() -> None:
    listing = ":env:.timeout='3'\nglobal.timeout='1'\nglobal.retries='1'\ninstall.retries='2'\nlist.format='json'\n"
    assert pip_settings(listing) == {"timeout": "3", "retries": "2"}


def test_the_build_learns_where_packages_are_and_nothing_else_of_the_machine_s_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    monkeypatch.setenv("PIP_USER", "yes")
    pip_secrets(tmp_path)
    written = (tmp_path / "pip.conf").read_text()
    assert "index-url = https://index.example/simple" in written
    assert "user" not in written


def test_the_build_trusts_the_authorities_that_the_machine_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "authorities.pem"
    bundle.touch()
    monkeypatch.setenv("PIP_CERT", str(bundle))
    assert f"--secret=id=pip-ca.crt,src={bundle}" in pip_secrets(tmp_path)
    assert "cert = /etc/pip-ca.crt" in (tmp_path / "pip.conf").read_text()


def test_without_authorities_of_its_own_the_build_trusts_whom_pip_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for name in ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert pip_secrets(tmp_path) == [f"--secret=id=pip.conf,src={tmp_path}/pip.conf"]
