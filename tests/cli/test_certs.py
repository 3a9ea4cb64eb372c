import stat
from datetime import UTC, datetime, timedelta

import pytest

from certs.files import read_files
from certs.names import ServingNames
from certs.renewal import renewal_reason


def test_issue_leaves_exactly_the_three_files_and_they_are_good(run, tmp_path):
    directory = tmp_path / "tls"
    result = run("certs", "issue", "--dir", directory, "--dns", "localhost", "--ip", "127.0.0.1", "--days", 30)
    assert result.exit_code == 0
    assert sorted(path.name for path in directory.iterdir()) == ["ca.crt", "tls.crt", "tls.key"]
    assert stat.S_IMODE((directory / "tls.key").stat().st_mode) == 0o600
    names = ServingNames.parse(["localhost"], ["127.0.0.1"])
    now = datetime.now(UTC)
    assert renewal_reason(read_files(directory), names, now) is None
    assert renewal_reason(read_files(directory), names, now + timedelta(days=21)).startswith("two thirds")


def test_issue_never_replaces_an_authority_unless_it_is_told_to(run, tmp_path):
    arguments = ("certs", "issue", "--dir", tmp_path, "--dns", "localhost")
    assert run(*arguments).exit_code == 0
    before = (tmp_path / "ca.crt").read_bytes()
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert "already holds ca.crt, tls.crt, tls.key" in refused.stderr
    assert "--renew" in refused.stderr
    assert (tmp_path / "ca.crt").read_bytes() == before
    assert run(*arguments, "--renew").exit_code == 0
    assert (tmp_path / "ca.crt").read_bytes().endswith(before)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param((), "at least one DNS name", id="no name"),
        pytest.param(("--dns", "10.0.0.1"), "is an IP address", id="an address as DNS name"),
        pytest.param(("--ip", "localhost"), "is not an IP address", id="a DNS name as address"),
        pytest.param(("--dns", "localhost", "--days", "0"), "--days", id="no days"),
    ],
)
def test_names_and_days_that_cannot_be_are_told_and_nothing_is_written(run, tmp_path, arguments, told):
    result = run("certs", "issue", "--dir", tmp_path / "tls", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert not (tmp_path / "tls").exists()
