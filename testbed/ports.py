"""Free TCP ports on the loopback address, and the Service addresses that follow from one of them."""

import random
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_EPHEMERAL_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST: Final = 16384
_ATTEMPTS: Final = 200


def free_ports(count: int) -> list[int]:
    """Ports on 127.0.0.1 on which nothing listens now.

    They lie below the range from which the kernel takes ports for outgoing connections, so that between this call and
    the server's own bind no client connection can take one; being drawn at random keeps several testbeds apart.
    """
    candidates = random.sample(range(_LOWEST, _end_of_range()), _ATTEMPTS)
    found: list[int] = []
    with ExitStack() as held:
        for port in candidates:
            if _bind(held.enter_context(socket.socket()), port):
                found.append(port)
            if len(found) == count:
                return found
    raise OSError(f"found only {len(found)} of {count} free ports in {_ATTEMPTS} tries")


def own_addresses(port: int) -> str:
    """256 addresses of 127.0.0.0/8, all of them this machine, that belong to whoever listens on `port` of 127.0.0.1.

    The port is its alone while it runs, and so are the addresses that the port's two bytes name.
    """
    return f"127.{port >> 8}.{port & 255}.0/24"


def service_cidr(port: int) -> str:
    """The Service addresses of the control plane whose API server listens on `port`.

    As they are this machine, a Service's ClusterIP is reached without a kube-proxy.
    """
    return own_addresses(port)


def _bind(candidate: socket.socket, port: int) -> bool:
    try:
        candidate.bind((LOOPBACK, port))
    except OSError:
        return False
    return True


def _end_of_range() -> int:
    try:
        lowest_ephemeral = int(_EPHEMERAL_RANGE.read_text().split()[0])
    except OSError:
        lowest_ephemeral = 49152  # RFC 6335's dynamic ports
    return lowest_ephemeral if lowest_ephemeral > _LOWEST + 2 * _ATTEMPTS else 65536
