from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key

from certs.authority import issue_authority, issue_serving
from certs.files import ServingFiles
from certs.names import ServingNames
from certs.renewal import renewal_reason

LIFE = timedelta(days=30)


@pytest.fixture
def files(authority, names, clock):
    serving = issue_serving(authority, names, LIFE, clock)
    return ServingFiles(authority.certificate, serving.certificate, serving.key)


def test_fresh_certificates_are_good(files, names, clock):
    assert renewal_reason(files, names, clock.now) is None


def test_certificates_are_good_until_two_thirds_of_their_life_are_over(files, names, clock):
    # Life begins five minutes before the making: 30 days and 5 minutes, of which two thirds.
    last_good = clock.now - timedelta(minutes=5) + (LIFE + timedelta(minutes=5)) * 2 / 3 - timedelta(seconds=1)
    assert renewal_reason(files, names, last_good) is None
    assert "two thirds" in renewal_reason(files, names, last_good + timedelta(seconds=2))


def test_expiry_is_told_as_such(files, names, clock):
    assert "expired at" in renewal_reason(files, names, clock.now + LIFE)


def test_a_certificate_from_the_future_is_told_as_such(files, names, clock):
    assert "not valid before" in renewal_reason(files, names, clock.now - timedelta(minutes=6))


def test_an_authority_that_expired_first_is_told_as_such(files, names, clock):
    assert "the authority in ca.crt expired" in renewal_reason(files, names, clock.now + timedelta(days=90))


@pytest.mark.parametrize(
    ("dns", "ips", "missing"),
    [
        pytest.param(["localhost", "other.svc"], [], "other.svc", id="a DNS name"),
        pytest.param([], ["127.0.0.1", "10.0.0.1"], "10.0.0.1", id="an address"),
    ],
)
def test_a_missing_name_is_named(files, clock, dns, ips, missing):
    reason = renewal_reason(files, ServingNames.parse(dns, ips), clock.now)
    assert reason == f"tls.crt lacks the names {missing}"


def test_fewer_names_than_the_certificate_carries_are_no_reason(files, clock):
    assert renewal_reason(files, ServingNames.parse(["localhost"], ["0:0::1"]), clock.now) is None


def test_a_certificate_of_another_authority_is_told_as_such(files, names, clock):
    stranger = issue_authority(timedelta(days=90), clock)
    changed = ServingFiles(stranger.certificate, files.certificate, files.key)
    assert renewal_reason(changed, names, clock.now) == "no authority in ca.crt signed tls.crt"


def test_one_of_two_authorities_in_the_bundle_is_enough(files, names, clock):
    stranger = issue_authority(timedelta(days=90), clock)
    both = ServingFiles(stranger.certificate + files.authorities, files.certificate, files.key)
    assert renewal_reason(both, names, clock.now) is None


def test_a_key_of_another_certificate_is_told_as_such(files, authority, names, clock):
    other = issue_serving(authority, names, LIFE, clock)
    changed = ServingFiles(files.authorities, files.certificate, other.key)
    assert renewal_reason(changed, names, clock.now) == "tls.key is not the key of tls.crt"


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
@pytest.mark.parametrize("damaged", ["ca.crt", "tls.crt", "tls.key"])
def test_a_damaged_file_is_named(files, names, clock, damaged, content):
    given = {"ca.crt": files.authorities, "tls.crt": files.certificate, "tls.key": files.key} | {damaged: content}
    reason = renewal_reason(ServingFiles(given["ca.crt"], given["tls.crt"], given["tls.key"]), names, clock.now)
    assert reason.startswith(f"{damaged} holds no")


def test_a_key_behind_a_password_is_told_as_such(files, names, clock):
    locked = load_pem_private_key(files.key, None).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    reason = renewal_reason(ServingFiles(files.authorities, files.certificate, locked), names, clock.now)
    assert "without a password" in reason


@pytest.fixture
def foreign(authority, clock):
    """A serving certificate of our authority that somebody else's program made, with the extensions given."""

    def make(*extensions: x509.ExtensionType) -> ServingFiles:
        signer = x509.load_pem_x509_certificate(authority.certificate)
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            x509.CertificateBuilder(issuer_name=signer.subject, subject_name=x509.Name([]))
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(clock.now)
            .not_valid_after(clock.now + LIFE)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        signed = builder.sign(load_pem_private_key(authority.key, None), hashes.SHA256())
        key_pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return ServingFiles(authority.certificate, signed.public_bytes(serialization.Encoding.PEM), key_pem)

    return make


LOCALHOST = x509.SubjectAlternativeName([x509.DNSName("LOCALHOST")])


def test_a_certificate_without_names_is_told_as_such(foreign, names, clock):
    assert renewal_reason(foreign(), names, clock.now) == "tls.crt carries no names"


def test_a_certificate_for_clients_is_told_as_such(foreign, clock):
    files = foreign(LOCALHOST, x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.CLIENT_AUTH]))
    reason = renewal_reason(files, ServingNames.parse(["localhost"], []), clock.now)
    assert reason == "tls.crt is not for servers (no serverAuth)"


def test_a_certificate_without_a_stated_purpose_is_good_for_servers(foreign, clock):
    assert renewal_reason(foreign(LOCALHOST), ServingNames.parse(["localhost"], []), clock.now) is None
