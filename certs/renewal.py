"""Whether certificates must be replaced, and why: a pure decision."""

from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.bundles import signed_by
from certs.files import AUTHORITY_FILE, AUTHORITY_KEY_FILE, CERTIFICATE_FILE, KEY_FILE, ServingFiles
from certs.names import ServingNames

# A third of the life is left to notice and mend whatever keeps a renewal from working.
_RENEWED_AFTER: Final = 2 / 3


def renewal_reason(files: ServingFiles, names: ServingNames, now: datetime) -> str | None:
    """Return why these certificates must be replaced by ones for `names`, or `None` while they are good.

    That is a defect, or else their age.
    """
    if defect := serving_defect(files, names, now):
        return defect
    return old_age(x509.load_pem_x509_certificate(files.certificate), CERTIFICATE_FILE, now)


def serving_defect(files: ServingFiles, names: ServingNames, now: datetime) -> str | None:
    """Return why clients that ask for `names` refuse these certificates now, or `None` if they accept them.

    The first defect found is told, the most basic first: a file that is not what it should be, a key that is not the
    certificate's, an authority that did not sign it, names or purpose that are missing, and at last a moment outside
    of its life.
    """
    try:
        certificate = x509.load_pem_x509_certificate(files.certificate)
    except ValueError:
        return f"{CERTIFICATE_FILE} holds no certificate"
    try:
        authorities = x509.load_pem_x509_certificates(files.authorities)
    except ValueError:
        return f"{AUTHORITY_FILE} holds no certificate"
    return (
        _key_reason(certificate, files.key)
        or _authority_reason(certificate, authorities, now)
        or _names_reason(certificate, names)
        or _purpose_reason(certificate)
        or _moment_reason(certificate, now)
    )


def authority_defect(authorities: bytes, key_pem: bytes) -> str | None:
    """Return why nothing can be signed with the first of `authorities` (PEM) and this key, or `None` if it can be."""
    try:
        authority = x509.load_pem_x509_certificates(authorities)[0]
    except ValueError:
        return f"{AUTHORITY_FILE} holds no certificate"
    try:
        key = load_pem_private_key(key_pem, password=None)
    except (ValueError, TypeError):
        return f"{AUTHORITY_KEY_FILE} holds no key that can be read without a password"
    if key.public_key() != authority.public_key() or not isinstance(key, EllipticCurvePrivateKey):
        return f"{AUTHORITY_KEY_FILE} is not the ECDSA key of the first authority in {AUTHORITY_FILE}"
    return None


def old_age(certificate: x509.Certificate, name: str, now: datetime) -> str | None:
    """Return why a certificate's age asks for its successor, or `None` while it is young. `name` is what to call it."""
    starts, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now >= ends:
        return f"{name} expired at {_moment(ends)}"
    if now >= starts + (ends - starts) * _RENEWED_AFTER:
        return f"two thirds of the life of {name} are over; it ends at {_moment(ends)}"
    return None


def signers(certificate: x509.Certificate, authorities: list[x509.Certificate]) -> list[x509.Certificate]:
    """Return those authorities whose key signed the certificate."""
    return [authority for authority in authorities if signed_by(certificate, authority)]


def _key_reason(certificate: x509.Certificate, key_pem: bytes) -> str | None:
    try:
        key = load_pem_private_key(key_pem, password=None)
    except (ValueError, TypeError):  # TypeError: the key is encrypted
        return f"{KEY_FILE} holds no key that can be read without a password"
    if key.public_key() != certificate.public_key():
        return f"{KEY_FILE} is not the key of {CERTIFICATE_FILE}"
    return None


def _authority_reason(certificate: x509.Certificate, authorities: list[x509.Certificate], now: datetime) -> str | None:
    found = signers(certificate, authorities)
    if not found:
        return f"no authority in {AUTHORITY_FILE} signed {CERTIFICATE_FILE}"
    last = max(authority.not_valid_after_utc for authority in found)
    if last <= now:
        return f"the authority in {AUTHORITY_FILE} expired at {_moment(last)}"
    return None


def _names_reason(certificate: x509.Certificate, names: ServingNames) -> str | None:
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return f"{CERTIFICATE_FILE} carries no names"
    carried = {name.lower() for name in alternatives.get_values_for_type(x509.DNSName)}
    carried |= {str(address) for address in alternatives.get_values_for_type(x509.IPAddress)}
    missing = [name for name in (*names.dns, *map(str, names.ips)) if name not in carried]
    return f"{CERTIFICATE_FILE} lacks the names {', '.join(missing)}" if missing else None


def _purpose_reason(certificate: x509.Certificate) -> str | None:
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return None  # RFC 5280, section 4.2.1.12: no such extension, no restriction
    except ValueError:
        return f"{CERTIFICATE_FILE} has extensions that cannot be read"
    if ExtendedKeyUsageOID.SERVER_AUTH not in purposes:
        return f"{CERTIFICATE_FILE} is not for servers (no serverAuth)"
    return None


def _moment_reason(certificate: x509.Certificate, now: datetime) -> str | None:
    starts, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < starts:
        return f"{CERTIFICATE_FILE} is not valid before {_moment(starts)}: was it made by a clock that is ahead?"
    if now >= ends:
        return f"{CERTIFICATE_FILE} expired at {_moment(ends)}"
    return None


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"
