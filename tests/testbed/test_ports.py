import ipaddress
import socket
from pathlib import Path

import pytest

from testbed.ports import LOOPBACK, free_ports, service_cidr


def test_free_ports_are_distinct_and_can_be_bound() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    for port in ports:
        with socket.socket() as server:
            server.bind((LOOPBACK, port))


def test_free_ports_are_not_among_those_that_the_kernel_gives_to_clients() -> None:
    lowest, highest = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    if lowest <= 16384:
        pytest.skip(f"on this machine clients may have nearly every port ({lowest}-{highest})")
    assert all(port < lowest for port in free_ports(20))


def test_a_port_that_is_taken_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        taken = server.getsockname()[1]
        monkeypatch.setattr("random.sample", lambda _candidates, _count: [taken, free])
        free = 20011
        assert free_ports(1) == [free]
        with pytest.raises(OSError, match="found only 1 of 2"):
            free_ports(2)


def test_service_addresses_are_this_machine_s_and_differ_by_port() -> None:
    networks = {ipaddress.ip_network(service_cidr(port)) for port in (16384, 16385, 20000, 32767)}
    assert len(networks) == 4
    assert all(network.is_loopback and network.num_addresses == 256 for network in networks)
    assert ipaddress.ip_address("127.0.0.1") not in {address for network in networks for address in network}
