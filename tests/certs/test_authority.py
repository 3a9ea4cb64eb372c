import socket
import ssl
import threading
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from certs.authority import BACKDATE, KeyPair, issue_authority, issue_serving
from certs.errors import AuthorityUnusable
from certs.files import ServingFiles, write_files
from certs.renewal import renewal_reason


def certificate_of(pair: KeyPair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate)


def handshake(directory, trusted: KeyPair, name: str) -> str | None:
    """Connect to a real TLS server that serves from `directory`; return the protocol agreed on."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(directory / "tls.crt", directory / "tls.key")
    client_context = ssl.create_default_context(cadata=trusted.certificate.decode())
    client_context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve_once, args=(listener, server_context))
        thread.start()
        try:
            with (
                socket.create_connection(listener.getsockname(), timeout=10) as raw,
                client_context.wrap_socket(raw, server_hostname=name) as connection,
            ):
                return connection.version()
        finally:
            thread.join()


def _serve_once(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    # The client may turn away, which is what some tests are about.
    with connection, suppress(ssl.SSLError, ConnectionError):
        context.wrap_socket(connection, server_side=True).close()


@pytest.fixture
def serving(authority, names, clock):
    return issue_serving(authority, names, timedelta(days=30), clock)


@pytest.fixture
def tls_dir(tmp_path, authority, serving):
    write_files(tmp_path, ServingFiles(authority.certificate, serving.certificate, serving.key))
    return tmp_path


@pytest.mark.parametrize("name", ["localhost", "nfs-steward-webhook.nfs-steward.svc", "127.0.0.1", "::1"])
def test_a_strict_client_that_trusts_the_authority_accepts_every_name(tls_dir, authority, name):
    assert handshake(tls_dir, authority, name) == "TLSv1.3"


@pytest.mark.parametrize("name", ["example.org", "127.0.0.2"])
def test_a_client_that_asks_for_another_name_turns_away(tls_dir, authority, name):
    with pytest.raises(ssl.SSLCertVerificationError, match=r"mismatch|not valid for"):
        handshake(tls_dir, authority, name)


def test_a_client_that_trusts_another_authority_turns_away(tls_dir, clock):
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        handshake(tls_dir, issue_authority(timedelta(days=1), clock), "localhost")


def test_two_authorities_never_share_a_name(authority, clock):
    other = issue_authority(timedelta(days=90), clock)
    assert certificate_of(authority).subject != certificate_of(other).subject


def test_a_certificate_is_valid_a_little_before_it_is_made_and_for_as_long_as_asked(serving, clock):
    certificate = certificate_of(serving)
    assert certificate.not_valid_before_utc == clock.now - BACKDATE
    assert certificate.not_valid_after_utc == clock.now + timedelta(days=30)


@pytest.mark.parametrize("seconds", [30, 600, 86400])
def test_even_the_shortest_life_is_renewed_well_after_its_making(authority, names, clock, seconds):
    life = timedelta(seconds=seconds)
    serving = issue_serving(authority, names, life, clock)
    files = ServingFiles(authority.certificate, serving.certificate, serving.key)
    assert renewal_reason(files, names, clock.now + life * 0.6) is None
    assert renewal_reason(files, names, clock.now + life * 0.7)


def test_a_serving_certificate_never_outlives_its_authority(authority, names, clock):
    clock.advance(timedelta(days=80))
    certificate = certificate_of(issue_serving(authority, names, timedelta(days=30), clock))
    assert certificate.not_valid_after_utc == certificate_of(authority).not_valid_after_utc


def test_a_serving_certificate_is_never_valid_before_its_authority(authority, names, clock):
    certificate = certificate_of(issue_serving(authority, names, timedelta(days=30), clock))
    clock.advance(-timedelta(minutes=1))
    earlier = certificate_of(issue_serving(authority, names, timedelta(days=30), clock))
    assert earlier.not_valid_before_utc == certificate.not_valid_before_utc


def test_an_expired_authority_signs_nothing(authority, names, clock):
    clock.advance(timedelta(days=90))
    with pytest.raises(AuthorityUnusable, match="expired"):
        issue_serving(authority, names, timedelta(days=1), clock)


def test_an_authority_with_another_ones_key_signs_nothing(authority, names, clock):
    other = issue_authority(timedelta(days=1), clock)
    with pytest.raises(AuthorityUnusable, match="not the ECDSA key"):
        issue_serving(KeyPair(authority.certificate, other.key), names, timedelta(days=1), clock)


def test_an_authority_with_another_kind_of_key_signs_nothing(authority, names, clock):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(AuthorityUnusable, match="not the ECDSA key"):
        issue_serving(KeyPair(authority.certificate, key), names, timedelta(days=1), clock)


def test_an_authority_may_sign_servers_but_no_further_authority(authority, serving):
    constraints = certificate_of(authority).extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)
    leaf = certificate_of(serving).extensions
    assert not leaf.get_extension_for_class(x509.BasicConstraints).value.ca
    assert list(leaf.get_extension_for_class(x509.ExtendedKeyUsage).value) == [x509.ExtendedKeyUsageOID.SERVER_AUTH]


def test_a_serving_certificate_carries_exactly_the_names_asked_for(serving):
    carried = certificate_of(serving).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert carried.get_values_for_type(x509.DNSName) == ["localhost", "nfs-steward-webhook.nfs-steward.svc"]
    assert carried.get_values_for_type(x509.IPAddress) == [ip_address("127.0.0.1"), ip_address("::1")]


def test_a_key_does_not_show_when_a_pair_is_printed(serving):
    assert "PRIVATE" not in repr(serving)
