"""The webhook is started before its certificate is there: a process of its own, since signals are asked about."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from certs.errors import CertificateError
from tests.waiting import WITHIN, eventually
from webhook.waiting import first_certificate

from .apiserver import ApiServer, serving
from .certificates import issue, written
from .conftest import POLICY
from .running import is_ready, running


@pytest.fixture(scope="module")
def api() -> Iterator[ApiServer]:
    with serving() as api:
        yield api


@contextmanager
def waiting(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A webhook that has said that it waits."""
    (folder / "policy.yaml").write_text(POLICY)
    command = [Path(sys.executable).with_name("nfs-steward"), "webhook", "--bind=127.0.0.1:0"]
    files = [f"--policy={folder / 'policy.yaml'}", f"--tls-dir={folder / 'tls'}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, *files], stderr=log)
    try:
        eventually(lambda: "waiting for the certificate" in (folder / "log").read_text())
        yield process
    finally:
        process.kill()
        process.wait(10)


def test_a_webhook_without_a_certificate_says_that_it_waits_and_for_what(tmp_path: Path) -> None:
    with waiting(tmp_path) as process:
        line = json.loads((tmp_path / "log").read_text().splitlines()[0])
        assert "ca.crt: No such file" in line["reason"]
        assert process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_good_order_when_it_is_asked_to(tmp_path: Path, number: signal.Signals) -> None:
    with waiting(tmp_path) as process:
        process.send_signal(number)
        assert process.wait(WITHIN) == 0


@pytest.fixture
def written_late(tmp_path: Path) -> Iterator[None]:
    """The certificate comes once the webhook has said that it waits."""
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "log").touch()

    def write() -> None:
        eventually(lambda: "waiting for the certificate" in (tmp_path / "log").read_text())
        written(tmp_path / "tls")

    thread = threading.Thread(target=write)
    thread.start()
    yield
    thread.join()


@pytest.mark.usefixtures("written_late")
def test_it_serves_as_soon_as_there_is_a_certificate(tmp_path: Path, api: ApiServer) -> None:
    with running(tmp_path, api, prepared=True) as server:
        eventually(lambda: is_ready(server))
        assert server.stop() == 0


def test_a_pair_that_does_not_belong_together_is_waited_over(tmp_path: Path) -> None:
    files, other = issue(), issue()
    written(tmp_path, type(files)(files.authorities, files.certificate, other.key))
    looks = iter(range(100))

    def clock() -> float:
        if next(looks) == 1:
            written(tmp_path, files)
        return 0.0

    assert first_certificate(tmp_path, timedelta(seconds=30), clock) is not None


def test_after_the_stated_time_it_is_given_up(tmp_path: Path) -> None:
    clock = iter([0.0, 1.0, 31.0])
    with pytest.raises(CertificateError, match=r"ca\.crt: No such file"):
        first_certificate(tmp_path, timedelta(seconds=30), lambda: next(clock))


def test_signals_mean_afterwards_what_they_meant_before(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    clock = iter([0.0, 31.0])
    with pytest.raises(CertificateError):
        first_certificate(tmp_path, timedelta(seconds=30), lambda: next(clock))
    assert signal.getsignal(signal.SIGTERM) is before
