"""Authorities side by side: the PEM bundle that a client trusts, as `ca.crt` and `caBundle` hold it."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

_BLOCK: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

Certificates: TypeAlias = tuple[x509.Certificate, ...]
Fingerprint: TypeAlias = bytes
"""The SHA-256 of a certificate: the same certificate has the same, however its PEM is wrapped."""


def readable_certificates(pem: bytes) -> Certificates:
    """Every certificate in `pem` that can be read, in order, each once; what else there is, is passed over."""
    found = (_readable(block) for block in _BLOCK.findall(pem))
    return tuple(dict.fromkeys(certificate for certificate in found if certificate is not None))


def pem_of(certificates: Iterable[x509.Certificate]) -> bytes:
    """The certificates as a PEM bundle."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def fingerprint(certificate: x509.Certificate) -> Fingerprint:
    """What tells one certificate from all others."""
    return certificate.fingerprint(hashes.SHA256())


def valid_at(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether `now` lies within a certificate's life."""
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc


def signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether the authority's key signed the certificate, and the certificate says so by its issuer's name."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):  # another name; another kind of key; another key
        return False
    return True


def chains_to(chain: Sequence[x509.Certificate], authorities: Iterable[x509.Certificate]) -> bool:
    """Whether a client that trusts `authorities` gets from the first certificate of `chain` to one of them, by way of
    the others in the order in which they are sent. Ages are not looked at.
    """
    trusted = tuple(authorities)
    for number, certificate in enumerate(chain, start=1):
        if certificate in trusted or any(signed_by(certificate, authority) for authority in trusted):
            return True
        if not any(signed_by(certificate, sent_next) for sent_next in chain[number : number + 1]):
            return False
    return False


def _readable(block: bytes) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(block)
    except ValueError:
        return None
