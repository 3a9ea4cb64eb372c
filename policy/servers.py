"""Names and addresses of NFS servers, in one spelling each."""

import ipaddress
import re
from functools import lru_cache

_LONGEST = 255
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*", re.ASCII)
_C_NUMBER = re.compile(r"0x[0-9a-f]{1,8}|0[0-7]{0,11}|[1-9][0-9]{0,9}", re.ASCII)


@lru_cache(maxsize=512)  # the same few servers are asked for in every request
def canonical_server(server: str) -> str:
    """The one spelling by which servers are compared; `` for what cannot be one.

    Case and a trailing dot do not count in names. An IPv6 address may be written in any way, with brackets or without;
    its scope id belongs to it, since `fe80::1%eth0` and `fe80::1%eth1` can be two machines. An IPv4 address inside an
    IPv6 one (`::ffff:10.0.0.5`) is that IPv4 address, and so is one in the older spellings that a mounting node still
    understands (`10.5`, `0xa000005`: inet_aton(3)).
    """
    if not server or len(server) > _LONGEST:
        return ""
    if ":" in server:
        return _canonical_address(server)
    name = server.lower().removesuffix(".")
    return _older_spelling(name) or name


def is_server(server: str) -> bool:
    """Whether `server` is a host name, an IPv4 address of four numbers, or an IPv6 address in brackets or without."""
    if ":" in server:
        return bool(canonical_server(server))
    name = server.lower().removesuffix(".")
    return _HOST_NAME.fullmatch(name) is not None and not _malformed_address(name)


def _canonical_address(server: str) -> str:
    bare = server[1:-1] if server.startswith("[") and server.endswith("]") else server
    try:
        address = ipaddress.IPv6Address(bare)
    except ValueError:
        return ""
    return str(address.ipv4_mapped or address)


def _older_spelling(name: str) -> str | None:
    """The address that inet_aton(3) reads from one to four octal, decimal or hexadecimal numbers, or None."""
    numbers = [_number(part) for part in name.split(".", maxsplit=4)]
    *leading, last = (-1 if number is None else number for number in numbers)
    if len(leading) > 3 or not all(0 <= number <= 0xFF for number in leading):
        return None
    rest = 4 - len(leading)
    if not 0 <= last < 1 << 8 * rest:
        return None
    return str(ipaddress.IPv4Address(bytes(leading) + last.to_bytes(rest, "big")))


def _number(part: str) -> int | None:
    """A number as C writes it: `0x` before hexadecimal, `0` before octal digits."""
    if not _C_NUMBER.fullmatch(part):
        return None
    return int(part, 16 if part.startswith("0x") else 8 if part.startswith("0") else 10)


def _malformed_address(name: str) -> bool:
    """Whether `name` ends in a number, as only an address does, and is none (`10.0.0.256`)."""
    if not name.rpartition(".")[2].isdigit():
        return False
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return True
    return False
