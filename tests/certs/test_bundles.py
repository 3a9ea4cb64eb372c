from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from certs.authority import issue_authority, issue_serving
from certs.bundles import chains_to, pem_of, readable_certificates, signed_by


def readable(pem: bytes) -> x509.Certificate:
    (certificate,) = readable_certificates(pem)
    return certificate


@pytest.fixture
def sign(clock):
    """Sign a certificate for `name` by an authority, given as name and key; by its own key without one."""

    def sign(name: str, key, issuer: tuple[str, object] | None = None) -> x509.Certificate:
        by, signing_key = issuer or (name, key)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, by)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(clock.now)
            .not_valid_after(clock.now + timedelta(days=1))
        )
        return builder.sign(signing_key, hashes.SHA256())

    return sign


@pytest.fixture
def chain(sign):
    """A root, an intermediate that it signed, and a leaf that that one signed."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    root = sign("root", keys[0])
    intermediate = sign("intermediate", keys[1], ("root", keys[0]))
    leaf = sign("leaf", keys[2], ("intermediate", keys[1]))
    return root, intermediate, leaf


def test_what_can_be_read_is_found_among_what_cannot(authority):
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    assert readable_certificates(b"words\n" + broken + authority.certificate + authority.certificate) == (
        readable(authority.certificate),
    )


@pytest.mark.parametrize("pem", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\n"])
def test_nothing_is_found_where_nothing_can_be_read(pem):
    assert readable_certificates(pem) == ()


def test_a_bundle_is_written_as_it_is_read(authority, clock):
    pem = authority.certificate + issue_authority(timedelta(days=1), clock).certificate
    assert pem_of(readable_certificates(pem)) == pem


def test_a_certificate_knows_its_authority(authority, names, clock):
    serving = readable(issue_serving(authority, names, timedelta(days=1), clock).certificate)
    assert signed_by(serving, readable(authority.certificate))
    assert not signed_by(serving, readable(issue_authority(timedelta(days=1), clock).certificate))


def test_a_chain_leads_to_a_trusted_root_by_way_of_what_is_sent_along(chain):
    root, intermediate, leaf = chain
    assert chains_to([leaf, intermediate], [root])
    assert chains_to([leaf, intermediate, root], [root])


def test_a_chain_ends_early_where_something_on_the_way_is_trusted_itself(chain):
    root, intermediate, leaf = chain
    assert chains_to([leaf], [intermediate])
    assert chains_to([leaf], [leaf])
    assert chains_to([root], [root])


def test_a_chain_with_a_gap_leads_nowhere(chain):
    root, intermediate, leaf = chain
    assert not chains_to([leaf], [root])
    assert not chains_to([leaf, root], [root])
    assert not chains_to([leaf, intermediate], [])
    assert not chains_to([], [root])
    assert not chains_to([intermediate, leaf], [leaf])
