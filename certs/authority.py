"""Making a certificate authority, and the serving certificates it signs.

Keys are ECDSA on P-256: every TLS 1.2 client knows it, and a handshake costs a tenth of RSA-2048's.
Extensions are those that RFC 5280 asks for, so that verifiers in strict mode (OpenSSL's X509_STRICT) accept them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certs.errors import AuthorityUnusable
from certs.names import ServingNames

Clock = Callable[[], datetime]
"""Tells the time, always with a time zone."""

BACKDATE: Final = timedelta(minutes=5)
"""How far before its making a certificate is already valid: a client's clock may run behind ours. Five minutes is
what kube-controller-manager's own signer allows (pkg/controller/certificates/signer, `Backdate`). A short life is
backdated by a tenth of it at most: what lies before the making counts as lived, and renewal is at two thirds."""

_MOST_BACKDATED: Final = 0.1


# Every bit of RFC 5280, section 4.2.1.3, as cryptography spells them: it wants to be told of each.
_KEY_USES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its private key (PKCS #8, not encrypted), both PEM. The key never shows in a repr."""

    certificate: bytes
    key: bytes = field(repr=False)


def issue_authority(lifetime: timedelta, clock: Clock) -> KeyPair:
    """Make a self-signed authority that can sign serving certificates, and no further authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _authority_name(key)
    now = clock()
    builder = (
        _unsigned(subject, key, now - _backdated(lifetime), now + lifetime)
        .issuer_name(subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(_issuer_id(key), critical=False)
    )
    return _signed(builder, key, key)


def issue_serving(authority: KeyPair, names: ServingNames, lifetime: timedelta, clock: Clock) -> KeyPair:
    """Make a serving certificate for `names` that lives for `lifetime`, but never longer than its authority.

    Raises `AuthorityUnusable` where the authority has expired, or its key is not its certificate's ECDSA key.
    """
    signer, signing_key = _signer(authority)
    key = ec.generate_private_key(ec.SECP256R1())
    now = clock()
    if now >= signer.not_valid_after_utc:
        raise AuthorityUnusable(f"the authority expired at {signer.not_valid_after_utc:%Y-%m-%d %H:%M} UTC")
    ends = min(now + lifetime, signer.not_valid_after_utc)
    starts = max(now - _backdated(ends - now), signer.not_valid_before_utc)
    builder = (
        _unsigned(_common_name("nfs-steward webhook"), key, starts, ends)
        .issuer_name(signer.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_alternative_names(names), critical=False)
        .add_extension(_issuer_id(signing_key), critical=False)
    )
    return _signed(builder, key, signing_key)


def _backdated(lifetime: timedelta) -> timedelta:
    return min(BACKDATE, lifetime * _MOST_BACKDATED)


def _signer(authority: KeyPair) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    certificate = x509.load_pem_x509_certificate(authority.certificate)
    key = load_pem_private_key(authority.key, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise AuthorityUnusable("the authority's key is not the ECDSA key that its certificate names")
    return certificate, key


def _unsigned(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, starts: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _signed(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, signing_key: ec.EllipticCurvePrivateKey
) -> KeyPair:
    certificate = builder.sign(signing_key, hashes.SHA256())
    return KeyPair(
        certificate=certificate.public_bytes(Encoding.PEM),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def _authority_name(key: ec.EllipticCurvePrivateKey) -> x509.Name:
    # Two authorities may stand in one bundle while one replaces the other. Some verifiers look issuers up by name
    # alone and stop at the first: so no two authorities share one.
    digest = x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest
    return _common_name(f"nfs-steward CA {digest[:4].hex()}")


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _issuer_id(signing_key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key())


def _alternative_names(names: ServingNames) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([*map(x509.DNSName, names.dns), *map(x509.IPAddress, names.ips)])


def _key_usage(*uses: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{use: use in uses for use in _KEY_USES})
