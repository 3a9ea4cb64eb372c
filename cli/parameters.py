"""Kinds of values on a command line, beyond those that click has."""

import re
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import AddressValueError, IPv6Address
from pathlib import Path
from typing import Any, Final

import click

from policy.durations import parse_duration

_DAYS: Final = re.compile("[1-9][0-9]{0,4}d")


class LabelList(click.ParamType[dict[str, str]]):
    """Turns `k=v,k=v` into a dict; the last of two equal keys wins."""

    name = "k=v,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, str]:
        """Parse the text; a part without `=` or without a key is wrong usage."""
        if isinstance(value, dict):
            return value
        labels = {}
        for part in filter(None, (each.strip() for each in str(value).split(","))):
            key, equals, label = part.partition("=")
            if not key or not equals:
                self.fail(f"{part!r} is not of the form key=value", param, ctx)
            labels[key.strip()] = label.strip()
        return labels


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: an IP address or a host's name, and a port (0: any free one)."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class AddressType(click.ParamType[Address]):
    """Turns `ADDR:PORT` into an `Address`; the port is what follows the last colon.

    An IPv6 address may stand in brackets, and need not: `$(POD_IP):8443` in a Pod's arguments has none.
    """

    name = "ADDR:PORT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        """Parse the text; a missing host or port, or one that cannot be, is wrong usage."""
        if isinstance(value, Address):
            return value
        host, _, port = str(value).rpartition(":")
        bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        if not bare or (":" in bare and not _is_ipv6(bare)):
            self.fail(f"{value!r} is not ADDR:PORT", param, ctx)
        if not (port.isascii() and port.isdigit() and int(port) <= 65535):
            self.fail(f"{value!r}: {port!r} is no port", param, ctx)
        return Address(bare, int(port))


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


class MountedExport(click.ParamType[tuple[str, Path]]):
    """Turns `NAME=PATH` into the name of an export of the policy and where it is mounted here."""

    name = "NAME=PATH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path]:
        """Parse the text; a missing name or a path that is not absolute is wrong usage."""
        if isinstance(value, tuple):
            return value
        name, _, path = str(value).partition("=")
        if not name or not path.startswith("/"):
            self.fail(f"{value!r} is not NAME=PATH with an absolute path", param, ctx)
        return name, Path(path)


class DurationType(click.ParamType[timedelta]):
    """Turns `2160h` or `10m`, as Kubernetes writes durations, into a positive `timedelta`."""

    name = "DURATION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Parse the text; what is no duration, or none at all, is wrong usage."""
        if isinstance(value, timedelta):
            return value
        try:
            return parse_duration(str(value))
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


class AgeType(DurationType):
    """Turns `30d`, or a duration as Kubernetes writes it, into a positive `timedelta`."""

    name = "AGE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Parse the text; what is neither is wrong usage."""
        if isinstance(value, str) and _DAYS.fullmatch(value):
            return timedelta(days=int(value.removesuffix("d")))
        return super().convert(value, param, ctx)
