"""The machine's configuration of pip, for the one step of the build that asks a package index."""

import configparser
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from testbed.commands import run

# The Dockerfile's names for the two secrets, and where it puts the second.
_CONFIGURATION: Final = "pip.conf"
_AUTHORITIES: Final = "pip-ca.crt"
_AUTHORITIES_THERE: Final = "/etc/pip-ca.crt"
# What says where packages come from; other settings are about this machine.
_WANTED: Final = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "default-timeout", "retries")
# Of pip's sections those that count for `pip install`; a later one overrides an earlier one.
_SECTIONS: Final = ("global", "install", ":env:")
# The variables by which machines name their own certificate authorities to pip and to what it stands on.
_BUNDLES: Final = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def pip_secrets(folder: Path) -> list[str]:
    """Arguments for `buildah bud` that lend the build pip's configuration; its files are written into `folder`."""
    settings = pip_settings(run([sys.executable, "-m", "pip", "config", "list"]))
    bundle = settings.get("cert") or next(filter(None, map(os.environ.get, _BUNDLES)), "")
    chosen = {name: value for name, value in settings.items() if name in _WANTED}
    secrets = {_CONFIGURATION: folder / _CONFIGURATION}
    if Path(bundle).is_file():
        chosen["cert"] = _AUTHORITIES_THERE
        secrets[_AUTHORITIES] = Path(bundle)
    _write(secrets[_CONFIGURATION], chosen)
    return [f"--secret=id={name},src={path}" for name, path in secrets.items()]


def pip_settings(listing: str) -> dict[str, str]:
    """What `pip config list` (lines `section.name='value'`) comes to for `pip install`."""
    found: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        found.get(section, {})[key] = value.strip("'\"")
    return {key: value for settings in found.values() for key, value in settings.items()}


def _write(path: Path, settings: Mapping[str, str]) -> None:
    parser = configparser.RawConfigParser()
    parser["global"] = settings
    with path.open("w") as file:
        parser.write(file)
    path.chmod(0o600)
