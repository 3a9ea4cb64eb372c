"""What the webhook's Pods serve, by asking each of them."""

import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from cryptography import x509

from certs.seen import Replica
from policy.shapes import Json, mapping, sequence, text

PORT_NAME: Final = "https"
"""What the container's port is called."""

_AT_ONCE: Final = 16
_ENDED: Final = frozenset({"Succeeded", "Failed"})


def ask_all(pods: Sequence[Json], timeout: float) -> tuple[Replica, ...]:
    """Ask every Pod that may serve or will; none is waited for longer than about `timeout` seconds."""
    living = [pod for pod in pods if text(pod, "status", "phase") not in _ENDED]
    if not living:
        return ()
    with ThreadPoolExecutor(min(_AT_ONCE, len(living)), "replicas") as askers:
        return tuple(askers.map(lambda pod: _ask(pod, timeout), living))


def _ask(pod: Json, timeout: float) -> Replica:
    name, address, port = text(pod, "metadata", "name") or "", text(pod, "status", "podIP"), _port(pod)
    return Replica(name, served_at((address, port), timeout) if address and port else None)


def _port(pod: Json) -> int | None:
    ports = (port for container in sequence(pod, "spec", "containers") for port in sequence(container, "ports"))
    return next((mapping(port)["containerPort"] for port in ports if text(port, "name") == PORT_NAME), None)


def served_at(address: tuple[str, int], timeout: float) -> x509.Certificate | None:
    """The certificate that is served at an address, whoever signed it; None where nobody answers."""
    # Nothing is sent or believed: all that is looked at is which authority's certificate it is.
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection(address, timeout) as plain, client.wrap_socket(plain) as connection:
            shown = connection.getpeercert(binary_form=True)
            return x509.load_der_x509_certificate(shown) if shown else None
    except (OSError, ValueError):  # TLS errors are OSErrors
        return None
