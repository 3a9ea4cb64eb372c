"""Certificates for one machine, as `nfs-steward certs issue` makes them.

The authority is made for the occasion and its key is forgotten: nothing is left on disk that could sign for another
name. The price is that new certificates mean a new authority, which clients must learn to trust; so what is in place
is only replaced when that is asked for, and then `ca.crt` still holds the authority that signed the certificate in
use until now, for clients that meet the one or the other while a server changes over.
"""

from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.authority import Clock, issue_authority, issue_serving
from certs.errors import AuthorityInPlace, FilesUnreadable
from certs.files import ServingFiles, present_files, read_files, write_files
from certs.names import ServingNames
from certs.renewal import signers


def issue_into(directory: Path, names: ServingNames, lifetime: timedelta, clock: Clock) -> ServingFiles:
    """Make an authority and a serving certificate, both living for `lifetime`, and write them into `directory`.

    Raises `AuthorityInPlace` if one of the three files is there already, `FilesUnreadable` if they cannot be written.
    """
    present = present_files(directory)
    if present:
        raise AuthorityInPlace(
            f"{directory} already holds {', '.join(present)}, and whoever trusts that authority would not trust a "
            "new one: choose another directory, or say --renew to replace it"
        )
    files = _fresh_files(names, lifetime, clock)
    write_files(directory, files)
    return files


def renew_into(directory: Path, names: ServingNames, lifetime: timedelta, clock: Clock) -> ServingFiles:
    """As `issue_into`, but replace what is there; `ca.crt` keeps the authority of the certificate that is replaced.

    It keeps no other, so the bundle never grows beyond two, and none where the old files are damaged.
    """
    fresh = _fresh_files(names, lifetime, clock)
    files = ServingFiles(fresh.authorities + _still_needed(directory), fresh.certificate, fresh.key)
    write_files(directory, files)
    return files


def _fresh_files(names: ServingNames, lifetime: timedelta, clock: Clock) -> ServingFiles:
    authority = issue_authority(lifetime, clock)
    serving = issue_serving(authority, names, lifetime, clock)
    return ServingFiles(authority.certificate, serving.certificate, serving.key)


def _still_needed(directory: Path) -> bytes:
    """Return the PEM of the authority that signed the certificate now in `directory`, or nothing."""
    try:
        old = read_files(directory)
        certificate = x509.load_pem_x509_certificate(old.certificate)
        authorities = x509.load_pem_x509_certificates(old.authorities)
    except (FilesUnreadable, ValueError):
        return b""
    return b"".join(authority.public_bytes(Encoding.PEM) for authority in signers(certificate, authorities)[:1])
