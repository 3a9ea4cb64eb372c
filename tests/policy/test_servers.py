import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.servers import canonical_server, is_server


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("NFS.Corp.Example", "nfs.corp.example", id="case"),
        pytest.param("nfs.corp.example.", "nfs.corp.example", id="trailing dot"),
        pytest.param("fd00::7", "FD00:0:0:0:0:0:0:7", id="zeros of an address"),
        pytest.param("[fd00::7]", "fd00::7", id="brackets"),
        pytest.param("fd00::0007", "fd00::7", id="leading zeros"),
        pytest.param("::ffff:10.0.0.5", "10.0.0.5", id="IPv4 within IPv6"),
        pytest.param("[::FFFF:0a00:0005]", "10.0.0.5", id="IPv4 within IPv6, in hexadecimal"),
        pytest.param("10.5", "10.0.0.5", id="IPv4 of two numbers"),
        pytest.param("167772165", "10.0.0.5", id="IPv4 of one number"),
        pytest.param("0xA.0.5", "10.0.0.5", id="IPv4 in hexadecimal"),
        pytest.param("012.0.0.5", "10.0.0.5", id="IPv4 in octal"),
        pytest.param("[fe80::1%eth0]", "FE80:0::1%eth0", id="scope id"),
    ],
)
def test_spellings_of_one_server_are_the_same(one: str, other: str) -> None:
    assert canonical_server(one) == canonical_server(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("nfs", "nfs.corp.example", id="short name"),
        pytest.param("nfs..", "nfs", id="two dots"),
        pytest.param("10.0.0.5", "10.0.0.50", id="prefix of an address"),
        pytest.param("010.0.0.5", "10.0.0.5", id="octal eight is not ten"),
        pytest.param("1.2.3.4.5", "1.2.3.1029", id="five numbers"),
        pytest.param("fe80::1%eth0", "fe80::1%eth1", id="other scope"),
        pytest.param("fe80::1%eth0", "fe80::1", id="no scope"),
        pytest.param("[fd00::7", "fd00::7", id="open bracket"),
        pytest.param(" 10.0.0.5", "10.0.0.5", id="space"),
    ],
)
def test_other_servers_are_others(one: str, other: str) -> None:
    assert canonical_server(one) != canonical_server(other)


@given(st.text("0123456789abcfx.", max_size=20))
def test_numbers_are_the_address_that_a_mounting_node_would_read(server: str) -> None:
    try:
        understood = socket.inet_ntoa(socket.inet_aton(server))
    except OSError:
        return
    assert canonical_server(server) == understood


@given(st.ip_addresses(v=6))
def test_every_spelling_of_an_ipv6_address_is_the_same_server(address: ipaddress.IPv6Address) -> None:
    spellings = {address.compressed, address.exploded, address.exploded.upper(), f"[{address.compressed}]"}
    assert len({canonical_server(spelling) for spelling in spellings}) == 1


@given(st.ip_addresses(v=6), st.ip_addresses(v=6))
def test_two_ipv6_addresses_are_two_servers(one: ipaddress.IPv6Address, other: ipaddress.IPv6Address) -> None:
    assert (canonical_server(str(one)) == canonical_server(str(other))) == (one == other)


@pytest.mark.parametrize(
    "server", ["10.0.0.5", "nfs", "nfs.corp.example", "nfs_1", "fd00::7", "[fd00::7]", "fe80::1%eth0"]
)
def test_names_and_addresses_are_servers(server: str) -> None:
    assert is_server(server)


@pytest.mark.parametrize(
    "server",
    [
        "",
        "a b",
        "10.0.0.256",
        "10.0.5",
        "10.0.0.05",
        "fd00::7::8",
        "nfs:/data",
        "[10.0.0.5]",
        "-nfs",
        "nfs/data",
        "a" * 300,
    ],
)
def test_anything_else_is_no_server(server: str) -> None:
    assert not is_server(server)


@given(st.text(max_size=300))
def test_any_text_can_be_compared(server: str) -> None:
    assert isinstance(canonical_server(server), str)
