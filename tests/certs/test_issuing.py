from datetime import timedelta

import pytest
from cryptography import x509

from certs.errors import AuthorityInPlace
from certs.files import read_files
from certs.issuing import issue_into, renew_into
from certs.renewal import renewal_reason

MONTH = timedelta(days=30)


def authorities_in(directory) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates((directory / "ca.crt").read_bytes())


def test_certificates_issued_into_an_empty_directory_are_good(tmp_path, names, clock):
    issue_into(tmp_path, names, MONTH, clock)
    assert renewal_reason(read_files(tmp_path), names, clock.now) is None


@pytest.mark.parametrize("present", ["ca.crt", "tls.crt", "tls.key"])
def test_files_that_are_there_are_never_replaced_unasked(tmp_path, names, clock, present):
    (tmp_path / present).write_text("somebody's")
    with pytest.raises(AuthorityInPlace, match=f"already holds {present}.*--renew"):
        issue_into(tmp_path, names, MONTH, clock)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["somebody's"]


def test_renewal_keeps_the_authority_of_the_certificate_it_replaces_and_no_older_one(tmp_path, names, clock):
    (first,) = x509.load_pem_x509_certificates(issue_into(tmp_path, names, MONTH, clock).authorities)
    renew_into(tmp_path, names, MONTH, clock)
    second, *kept = authorities_in(tmp_path)
    assert kept == [first]
    renew_into(tmp_path, names, MONTH, clock)
    assert authorities_in(tmp_path)[1:] == [second]


def test_renewed_certificates_are_good_for_who_trusts_either_bundle_read_during_the_change(tmp_path, names, clock):
    old = issue_into(tmp_path, names, MONTH, clock)
    new = renew_into(tmp_path, names, MONTH, clock)
    for served in (old, new):
        mixed = type(new)(new.authorities, served.certificate, served.key)
        assert renewal_reason(mixed, names, clock.now) is None


def test_renewal_mends_damaged_files(tmp_path, names, clock):
    issue_into(tmp_path, names, MONTH, clock)
    (tmp_path / "tls.crt").write_text("nonsense")
    renew_into(tmp_path, names, MONTH, clock)
    assert renewal_reason(read_files(tmp_path), names, clock.now) is None
    assert len(authorities_in(tmp_path)) == 1


def test_the_authority_lives_exactly_as_long_as_its_certificate(tmp_path, names, clock):
    issue_into(tmp_path, names, MONTH, clock)
    serving = x509.load_pem_x509_certificate((tmp_path / "tls.crt").read_bytes())
    assert authorities_in(tmp_path)[0].not_valid_after_utc == serving.not_valid_after_utc == clock.now + MONTH


def test_no_key_of_an_authority_is_left_on_disk(tmp_path, names, clock):
    issue_into(tmp_path, names, MONTH, clock)
    assert sum(b"PRIVATE KEY" in path.read_bytes() for path in tmp_path.iterdir()) == 1
