"""Certificates for the tests: on loopback, good or bad."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from certs.authority import issue_authority, issue_serving
from certs.files import ServingFiles, write_files
from certs.names import ServingNames

NAMES = ServingNames.parse(["localhost"], ["127.0.0.1"])


def issue(days: float = 30, at: datetime | None = None) -> ServingFiles:
    """A fresh authority and a certificate signed by it, both living for `days`, from `at` (now)."""

    def clock() -> datetime:
        return at or datetime.now(UTC)

    authority = issue_authority(timedelta(days=days), clock)
    pair = issue_serving(authority, NAMES, timedelta(days=days), clock)
    return ServingFiles(authority.certificate, pair.certificate, pair.key)


def expired() -> ServingFiles:
    """A certificate that ended a week ago."""
    return issue(7, datetime.now(UTC) - timedelta(days=14))


def written(directory: Path, files: ServingFiles | None = None) -> ServingFiles:
    """Write the files, or fresh ones, into `directory`."""
    files = files or issue()
    write_files(directory, files)
    return files
