"""Names and addresses of NFS servers, in one spelling each."""

import ipaddress
import re

_LONGEST = 255
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*", re.ASCII)


def canonical_server(server: str) -> str:
    """The one spelling by which servers are compared; `` for what cannot be one.

    Case and a trailing dot do not count in names. An IPv6 address may be written in any way, with brackets or without;
    its scope id belongs to it, since `fe80::1%eth0` and `fe80::1%eth1` can be two machines. An IPv4 address inside an
    IPv6 one (`::ffff:10.0.0.5`) is that IPv4 address.
    """
    if not server or len(server) > _LONGEST:
        return ""
    if ":" in server:
        return _canonical_address(server)
    return server.lower().removesuffix(".")


def is_server(server: str) -> bool:
    """Whether `server` is a host name, an IPv4 address, or an IPv6 address in brackets or without."""
    canonical = canonical_server(server)
    return ":" in canonical or (_HOST_NAME.fullmatch(canonical) is not None and not _malformed_address(canonical))


def _canonical_address(server: str) -> str:
    bare = server[1:-1] if server.startswith("[") and server.endswith("]") else server
    try:
        address = ipaddress.IPv6Address(bare)
    except ValueError:
        return ""
    return str(address.ipv4_mapped or address)


def _malformed_address(name: str) -> bool:
    """Whether `name` ends in a number, as only an address does, and is none (`10.0.0.256`)."""
    if not name.rpartition(".")[2].isdigit():
        return False
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return True
    return False
