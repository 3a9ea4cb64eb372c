"""The names a serving certificate answers to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from certs.errors import NamesInvalid

# RFC 1123, section 2.1: labels of letters, digits and hyphens, 63 at most, a name of 253 at most. No wildcards:
# the webhook is called by one name, and a wildcard would let its key stand for its neighbours.
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST_NAME = 253


@dataclass(frozen=True, slots=True)
class ServingNames:
    """DNS names (lower case, no trailing dot) and IP addresses, without duplicates, in the order given."""

    dns: tuple[str, ...]
    ips: tuple[IPv4Address | IPv6Address, ...]

    @classmethod
    def parse(cls, dns: Iterable[str], ips: Iterable[str]) -> "ServingNames":
        """Check names as they are typed. Raise `NamesInvalid` for the first that cannot be, or if there is none."""
        names = cls(tuple(dict.fromkeys(map(_dns_name, dns))), tuple(dict.fromkeys(map(_address, ips))))
        if not names.dns and not names.ips:
            raise NamesInvalid("a serving certificate needs a name: give at least one DNS name or IP address")
        return names


def _dns_name(typed: str) -> str:
    name = typed.lower().removesuffix(".")
    if _is_address(name):
        raise NamesInvalid(f"{typed!r} is an IP address, not a DNS name: clients look for it among the addresses")
    if len(name) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise NamesInvalid(f"{typed!r} is not a DNS name: it needs labels of letters, digits and hyphens (RFC 1123)")
    return name


def _address(typed: str) -> IPv4Address | IPv6Address:
    try:
        address = ip_address(typed.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise NamesInvalid(f"{typed!r} is not an IP address") from None
    if isinstance(address, IPv6Address) and address.scope_id:
        raise NamesInvalid(f"{typed!r} has a zone, which means something on one machine only")
    return address


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
