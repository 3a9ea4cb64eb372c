"""The three files that a webhook serves with, as a Secret of type `kubernetes.io/tls` names them.

A reader opens `tls.crt` and `tls.key` one after the other, so no writer can make a pair appear in one instant in a
plain directory. It can come close: everything is written and synced beside its place first, and only renames are
left for the end, microseconds apart. A reader that still meets halves of two pairs keeps its last good one.
"""

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from certs.errors import FilesUnreadable

AUTHORITY_FILE: Final = "ca.crt"
CERTIFICATE_FILE: Final = "tls.crt"
KEY_FILE: Final = "tls.key"
AUTHORITY_KEY_FILE: Final = "ca.key"
"""In a Secret of ours only: whoever holds it can sign for the webhook, so it is never mounted."""

_PUBLIC_MODE = 0o644
_KEY_MODE = 0o600

# Nobody's certificates are this large; a path that turns out to be a device or a log shall not be read into memory.
_LARGEST_FILE = 1 << 20


@dataclass(frozen=True, slots=True)
class ServingFiles:
    """The files' contents, PEM: the bundle of authorities to trust, the serving certificate, its key."""

    authorities: bytes
    certificate: bytes
    key: bytes = field(repr=False)


def present_files(directory: Path) -> tuple[str, ...]:
    """Name those of the three files that exist in `directory`, which may itself be missing."""
    return tuple(name for name in (AUTHORITY_FILE, CERTIFICATE_FILE, KEY_FILE) if os.path.lexists(directory / name))


def read_files(directory: Path) -> ServingFiles:
    """Read the three files. Raise `FilesUnreadable`, naming the file, if one is missing, too large or unreadable.

    What they hold is not looked at: see `certs.renewal.renewal_reason`.
    """
    return ServingFiles(
        authorities=_read(directory / AUTHORITY_FILE),
        certificate=_read(directory / CERTIFICATE_FILE),
        key=_read(directory / KEY_FILE),
    )


def write_files(directory: Path, files: ServingFiles) -> None:
    """Replace the three files in `directory` (made, mode 0755, if missing); the key is readable by its owner alone.

    The authorities come first: whoever reads them afresh then trusts the new certificate before it is served.
    Raises `FilesUnreadable` where the directory cannot be written.
    """
    contents = (
        (AUTHORITY_FILE, files.authorities, _PUBLIC_MODE),
        (KEY_FILE, files.key, _KEY_MODE),
        (CERTIFICATE_FILE, files.certificate, _PUBLIC_MODE),
    )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".certs-", dir=directory) as beside:
            for name, content, mode in contents:
                _write_synced(Path(beside) / name, content, mode)
            for name, _, _ in contents:
                (Path(beside) / name).replace(directory / name)
        _sync_directory(directory)
    except OSError as error:
        raise FilesUnreadable(f"{directory}: cannot write the certificates: {error.strerror or error}") from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise FilesUnreadable(f"{path}: {error.strerror or error}") from error
    if len(content) > _LARGEST_FILE:
        raise FilesUnreadable(f"{path}: larger than {_LARGEST_FILE} bytes, so not a certificate or key")
    return content


def _write_synced(path: Path, content: bytes, mode: int) -> None:
    # The mode is set when the file is made, not after: a key is never readable by others, not for a moment.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # whatever the umask took away
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
