"""What the options of an export table come to, for one client: exports(5), "General Options" and "User ID Mapping"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_KERBEROS: Final = "krb5"
_LEGACY_KERBEROS: Final = "gss/krb5"


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What holds for a client. `fsid` is None where none is given, `flavors` those of `sec=`; none: `sys`."""

    writable: bool
    squashes_root: bool
    squashes_all: bool
    delays_writes: bool
    any_port: bool
    checks_subtree: bool
    fsid: str | None
    flavors: frozenset[str]

    @property
    def authenticates(self) -> bool:
        """Whether no client gets in without Kerberos."""
        return bool(self.flavors) and all(flavor.startswith(_KERBEROS) for flavor in self.flavors)

    @property
    def is_root_of_all(self) -> bool:
        """Whether it is the root of the tree that NFSv4 clients see."""
        return self.fsid in ("0", "root")


def export_options(client: str, options: Sequence[str]) -> ExportOptions:
    """Lay options over exports(5)'s defaults; the last of two that contradict each other counts."""
    return ExportOptions(
        writable=_last(options, "rw", "ro") == "rw",
        squashes_root=_last(options, "no_root_squash", "root_squash") != "no_root_squash",
        squashes_all=_last(options, "all_squash", "no_all_squash") == "all_squash",
        delays_writes=_last(options, "async", "sync") == "async",
        any_port=_last(options, "insecure", "secure") == "insecure",
        checks_subtree=_last(options, "subtree_check", "no_subtree_check") == "subtree_check",
        fsid=next((option[5:] for option in reversed(options) if option.startswith("fsid=")), None),
        flavors=_flavors(client, options),
    )


def _last(options: Sequence[str], *names: str) -> str | None:
    return next((option for option in reversed(options) if option in names), None)


def _flavors(client: str, options: Sequence[str]) -> frozenset[str]:
    if client.startswith(_LEGACY_KERBEROS):
        return frozenset({_KERBEROS})
    lists = (option[4:].split(":") for option in options if option.startswith("sec="))
    return frozenset(flavor for each in lists for flavor in each)
