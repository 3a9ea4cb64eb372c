"""The certificate that is served: the last good pair, swapped whole, judged as clients will judge it."""

import logging
import ssl
import time
from dataclasses import replace
from pathlib import Path

import pytest

from certs.errors import CertificateError
from certs.files import CERTIFICATE_FILE, KEY_FILE, write_files
from runtime.health import Failing, Passing
from webhook.errors import CertificateRefused
from webhook.handshake import verified_expiry
from webhook.sockets import BoundedSocket
from webhook.tls import ServedCertificate

from .certificates import expired, issue, written

DAY = 86400


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    written(tmp_path)
    return tmp_path


@pytest.fixture
def served(directory: Path) -> ServedCertificate:
    return ServedCertificate(directory)


def failing(served: ServedCertificate) -> str:
    check = served.check()
    assert isinstance(check, Failing)
    return check.reason


def test_a_good_certificate_is_ready(served: ServedCertificate) -> None:
    assert isinstance(served.check(), Passing)
    assert served.expires == pytest.approx(time.time() + 30 * DAY, abs=DAY)


def test_tls_is_1_2_at_least_and_http_1_1(served: ServedCertificate) -> None:
    assert served.context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert served.context.sslsocket_class is BoundedSocket


def test_files_that_did_not_change_change_nothing(served: ServedCertificate) -> None:
    context = served.context
    served.look()
    assert served.context is context


def test_a_new_pair_is_served_whole(directory: Path, served: ServedCertificate) -> None:
    before = served.context
    fresh = written(directory, issue(60))
    served.look()
    assert served.context is not before
    assert verified_expiry(served.context, fresh.authorities) == served.expires
    assert isinstance(served.check(), Passing)


@pytest.mark.parametrize("missing", [CERTIFICATE_FILE, KEY_FILE, "ca.crt"])
def test_a_file_that_is_missing_changes_nothing(directory: Path, served: ServedCertificate, missing: str) -> None:
    before = served.context
    (directory / missing).unlink()
    served.look()
    assert served.context is before
    assert isinstance(served.check(), Passing)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        pytest.param({"key": issue().key}, "key values mismatch", id="a key of another certificate"),
        pytest.param({"certificate": b"x"}, "cannot be served", id="no certificate"),
        pytest.param({"key": b""}, "cannot be served", id="no key"),
    ],
)
def test_a_pair_that_cannot_be_served_is_refused_and_the_last_stays(
    directory: Path,
    served: ServedCertificate,
    caplog: pytest.LogCaptureFixture,
    broken: dict[str, bytes],
    reason: str,
) -> None:
    before, files = served.context, issue()
    write_files(directory, replace(files, **broken))
    served.look()
    served.look()
    assert served.context is before
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert reason.upper().replace(" ", "_") in str(record.__dict__["keys"]) or reason in str(record.__dict__["keys"])


def test_a_pair_that_clients_would_refuse_is_not_taken_for_one_they_accept(
    directory: Path, served: ServedCertificate
) -> None:
    before, bad = served.context, issue()
    authorities = (directory / "ca.crt").read_bytes()
    write_files(directory, replace(bad, authorities=authorities))
    served.look()
    assert served.context is before
    assert isinstance(served.check(), Passing)


def test_after_a_refused_pair_a_good_one_is_served(directory: Path, served: ServedCertificate) -> None:
    write_files(directory, replace(issue(), key=b""))
    served.look()
    fresh = written(directory)
    served.look()
    assert verified_expiry(served.context, fresh.authorities)


def test_other_authorities_make_what_is_served_unready(directory: Path, served: ServedCertificate) -> None:
    (directory / "ca.crt").write_bytes(issue().authorities)
    served.look()
    assert "clients refuse" in failing(served)
    assert served.expires == 0


def test_both_authorities_in_the_file_are_trusted(directory: Path, served: ServedCertificate) -> None:
    old = (directory / "ca.crt").read_bytes()
    (directory / "ca.crt").write_bytes(issue().authorities + old)
    served.look()
    assert isinstance(served.check(), Passing)


def test_an_expired_pair_is_served_where_there_is_no_better_and_is_not_ready(tmp_path: Path) -> None:
    written(tmp_path, expired())
    served = ServedCertificate(tmp_path)
    assert "expired" in failing(served)
    written(tmp_path, issue())
    served.look()
    assert isinstance(served.check(), Passing)


def test_a_pair_that_ends_while_it_is_served_is_not_ready_any_more(
    directory: Path, served: ServedCertificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.time() + 31 * DAY
    monkeypatch.setattr(time, "time", lambda: later)
    assert "expired" in failing(served)


@pytest.mark.parametrize("missing", [CERTIFICATE_FILE, KEY_FILE, "ca.crt"])
def test_without_files_there_is_nothing_to_begin_with(directory: Path, missing: str) -> None:
    (directory / missing).unlink()
    with pytest.raises(CertificateError, match=missing):
        ServedCertificate(directory)


def test_authorities_that_are_none_are_named(served: ServedCertificate) -> None:
    with pytest.raises(CertificateRefused, match="authorities"):
        verified_expiry(served.context, b"nothing")


def test_it_looks_by_itself(directory: Path, served: ServedCertificate) -> None:
    before = served.context
    served.start(interval=0.01)
    try:
        written(directory)
        deadline = time.monotonic() + 10
        while served.context is before:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        served.stop()
