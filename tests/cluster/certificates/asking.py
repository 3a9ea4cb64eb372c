"""Clients that never stop asking while certificates change, and what they found wrong."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cryptography import x509

from kube.errors import ApiError
from testbed.waiting import wait_for
from tests.waiting import WITHIN

Address = tuple[str, int]

_PAUSE = 0.05
"""Seconds: changes take some to come about, and the machine has other things to do."""


@dataclass
class Findings:
    """How often was asked, by what, which authorities and certificates were met, and what went wrong."""

    asked: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    bundles: set[bytes] = field(default_factory=set)
    serials: dict[str, set[int]] = field(default_factory=dict)

    def go_on(self, times: int) -> None:
        """Return when everybody has asked so many times more."""
        enough = {name: asked + times for name, asked in self.asked.items()}
        wait_for("more answers", lambda: all(self.asked[name] >= asked for name, asked in enough.items()), WITHIN)


@contextmanager
def asking_all_the_time(findings: Findings, **askers: Callable[[], None]) -> Iterator[None]:
    """Have each called again and again within the block, in a thread of its own; what it raises is a finding."""
    stop = threading.Event()

    def go_on(name: str, ask: Callable[[], None]) -> None:
        while not stop.is_set():
            try:
                ask()
            except (ApiError, OSError, AssertionError) as error:  # TLS errors are OSErrors
                findings.wrong.append(f"{name}: {error}")
            findings.asked[name] = findings.asked.get(name, 0) + 1
            stop.wait(_PAUSE)

    threads = [threading.Thread(target=go_on, args=asker, name=asker[0]) for asker in askers.items()]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def shake_hands(address: Address, name: str, bundle: bytes) -> int:
    """Connect anew as an API server does that trusts `bundle`; the serial number of what is served comes back."""
    context = ssl.create_default_context(cadata=bundle.decode())
    with (
        socket.create_connection(address, WITHIN) as plain,
        context.wrap_socket(plain, server_hostname=name) as connection,
    ):
        shown = connection.getpeercert(binary_form=True)
        assert shown
        return x509.load_der_x509_certificate(shown).serial_number
