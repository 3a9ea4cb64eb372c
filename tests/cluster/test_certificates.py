"""The webhook's certificate, and the authority behind it, are changed while the API server keeps asking."""

import base64
import shutil
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509

from certs.files import read_files, write_files
from kube import resources
from kube.client import Client
from kube.errors import ApiError
from policy.shapes import mapping
from testbed.commands import run
from testbed.product.chart import NAMESPACE, RELEASE, name_of
from testbed.product.executable import nfs_steward
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .conftest import MakeNamespace
from .installation import WEBHOOK, Installation
from .objects import whole_claim

HANDS = 6
TRIES = 8
"""Connections until most probably each of two workers has taken one."""
END = b"-----END CERTIFICATE-----\n"


@dataclass
class Load:
    """Claims being tried all the time, and what was not as it should be."""

    answered: int = 0
    failures: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def go_on(self, requests: int = 100) -> None:
        """Return when so many more have been answered."""
        enough = self.answered + requests
        wait_for(f"{requests} more answers", lambda: self.answered >= enough, WITHIN)


@contextmanager
def load_on(client: Client, namespace: str) -> Iterator[Load]:
    """Try claims in a namespace from several threads within the block."""
    load = Load()

    def work() -> None:
        while not load.stop.is_set():
            try:
                made = client.create(resources.CLAIMS, whole_claim("tried", namespace), dry_run=True)
                assert made["spec"]["storageClassName"] == "nfs"
            except (ApiError, AssertionError) as problem:
                load.failures.append(str(problem))
            load.answered += 1

    threads = [threading.Thread(target=work) for _ in range(HANDS)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.stop.set()
        for thread in threads:
            thread.join()


@pytest.fixture
def published(installation: Installation) -> Iterator[None]:
    """Whatever a test has the API server trust, afterwards it is what the certificate in use needs."""
    yield
    installation.product.connect()


@pytest.mark.usefixtures("published")
def test_no_request_is_dropped_while_certificate_and_authority_change(
    installation: Installation, client: Client, team: str, make_team: MakeNamespace, tmp_path: Path
) -> None:
    in_use, fresh = installation.product.tls_folder, tmp_path / "tls"
    shutil.copytree(in_use, fresh)
    issue_anew(installation, fresh)
    new = read_files(fresh)
    old_serial, new_serial = serial(read_files(in_use).certificate), serial(new.certificate)
    with load_on(client, team) as load:
        load.go_on()
        assert served(installation) == {old_serial}
        publish(client, new.authorities, make_team())
        load.go_on()
        write_files(in_use, new)
        wait_for("every worker to serve the new certificate", lambda: served(installation) == {new_serial}, WITHIN)
        load.go_on()
        # Whoever trusts only the new authority has to connect anew, and meets the new certificate.
        publish(client, new.authorities.partition(END)[0] + END, make_team())
        load.go_on()
    assert load.failures == []


def test_the_metric_tells_when_the_certificate_ends(installation: Installation) -> None:
    in_use = x509.load_pem_x509_certificate(read_files(installation.product.tls_folder).certificate)
    shown = [
        sample.value
        for sample in installation.samples(WEBHOOK)
        if sample.name == "nfs_steward_webhook_certificate_expiry_timestamp_seconds"
    ]
    assert shown == [in_use.not_valid_after_utc.timestamp()]


def issue_anew(installation: Installation, folder: Path) -> None:
    """Replace the files in a folder as the command does; their bundle then trusts the old authority, too."""
    service = name_of(installation.product.chart.one("Service", "webhook"))
    address, _ = installation.product.webhook_address()
    names = [f"--dns={service}.{NAMESPACE}.svc", f"--ip={address}"]
    run([*nfs_steward(), "certs", "issue", f"--dir={folder}", "--renew", "--days=7", *names])


def publish(client: Client, bundle: bytes, canary: str) -> None:
    """Have the API server trust this bundle; returns when it does.

    The same change takes the namespace `canary` out of what the webhook is asked about, and that can be seen.
    """
    encoded = base64.b64encode(bundle).decode()
    for resource in (resources.VALIDATING_CONFIGURATIONS, resources.MUTATING_CONFIGURATIONS):
        configuration = client.get(resource, RELEASE)
        for webhook in configuration["webhooks"]:
            webhook["clientConfig"]["caBundle"] = encoded
            for expression in mapping(webhook, "namespaceSelector").get("matchExpressions", ()):
                expression["values"].append(canary)
        client.replace(resource, configuration)
    tried = whole_claim("tried", canary)
    wait_for(
        "the API server to know the new bundle",
        lambda: "storageClassName" not in client.create(resources.CLAIMS, tried, dry_run=True)["spec"],
        WITHIN,
    )


def served(installation: Installation) -> set[int]:
    """The serial numbers of the certificates that new connections meet, whichever worker takes them."""
    address = installation.product.webhook_address()
    return {serial(ssl.get_server_certificate(address).encode()) for _ in range(TRIES)}


def serial(certificate: bytes) -> int:
    """The serial number of a certificate."""
    return x509.load_pem_x509_certificate(certificate).serial_number
