"""The ledger of gids: which namespace has which, kept as a ConfigMap with an entry for each gid.

An entry's key is the gid, so that no gid can be in it twice. Its value is the namespace, the namespace's uid and, where
that namespace is gone, the day on which it went: `team-a Zm9vYmFyYmF6cXV4cXV1eA 2026-01-31`. A namespace that is made
again under its old name has another uid, and so is another namespace.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Final
from uuid import UUID

from policy.errors import shorten
from policy.shapes import Json, mapping, text

HIGHEST_GID: Final = 2**32 - 2
"""2^32-1 means "leave as it is" to chown(2)."""

_HOLDER: Final = re.compile(r"([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?) ([-\w]{1,64})(?: (\d{4}-\d\d-\d\d))?", re.ASCII)
_GID: Final = re.compile(r"[1-9]\d{0,9}", re.ASCII)
_NEVER: Final = date.max

# The API server takes 1 MiB of values in a ConfigMap, and etcd 1.5 MiB of an object in all: key, its second appearance
# in managedFields, and what both are wrapped in make some 32 bytes for each entry.
# https://kubernetes.io/docs/concepts/configuration/configmap/
_BESIDE_THE_VALUE: Final = 32
_MOST_BYTES: Final = 1_390_000


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose a gid is: a namespace by its name and by the mark of its uid, and since when that is gone."""

    namespace: str
    uid_mark: str
    gone: date | None = None

    def __str__(self) -> str:
        """The entry's value."""
        return " ".join((self.namespace, self.uid_mark, *([self.gone.isoformat()] if self.gone else [])))

    @property
    def cost(self) -> int:
        """Bytes that the entry takes of what the ledger may have, those of the day on which it goes included."""
        return _BESIDE_THE_VALUE + len(str(Holder(self.namespace, self.uid_mark, _NEVER)))


@dataclass(frozen=True)
class Ledger:
    """The ledger as it was read. `withheld` are gids whose entries cannot be read: they are nobody's and never given.

    `damage` says in whole clauses what is wrong. `version` is the resourceVersion, empty where there is no ledger yet.
    `unread_bytes` is the size of what cannot be read.
    """

    holders: Mapping[int, Holder] = field(default_factory=dict)
    withheld: frozenset[int] = frozenset()
    damage: tuple[str, ...] = ()
    version: str = ""
    unread_bytes: int = 0

    def gid_of(self, namespace: str, uid: str) -> int | None:
        """The gid of a living namespace, None where it has none yet."""
        return self._by_living.get(holder_of(namespace, uid))

    @property
    def living(self) -> Collection[Holder]:
        """The namespaces that are not known to be gone."""
        return self._by_living.keys()

    @cached_property
    def room(self) -> int:
        """Bytes that are left for more entries; each takes its holder's `cost`."""
        return _MOST_BYTES - self.unread_bytes - sum(holder.cost for holder in self.holders.values())

    def is_taken(self, gid: int) -> bool:
        """Whether the ledger has an entry of that gid, of whatever kind."""
        return gid in self.holders or gid in self.withheld

    @cached_property
    def _by_living(self) -> Mapping[Holder, int]:
        """Of several gids of one namespace the lowest."""
        falling = sorted(self.holders.items(), reverse=True)
        return {holder: gid for gid, holder in falling if holder.gone is None}


def holder_of(namespace: str, uid: str) -> Holder:
    """A living namespace of this name and uid, as the ledger names it."""
    return Holder(namespace, uid_mark(uid))


def uid_mark(uid: str) -> str:
    """What stands for an object's uid in the ledger: its 128 bits in 22 characters instead of 36."""
    try:
        return urlsafe_b64encode(UUID(uid).bytes).decode().rstrip("=")
    except ValueError:
        return uid


def read_ledger(config_map: Json) -> Ledger:
    """Read what can be read of the ledger; the rest is withheld and told, and stays as it is. Raises `WrongShape`."""
    holders: dict[int, Holder] = {}
    withheld: set[int] = set()
    damage: list[str] = []
    unread_bytes = 0
    for key, value in mapping(config_map, "data").items():
        gid, holder = _gid(key), _holder(str(value))
        if gid is not None and holder is not None:
            holders[gid] = holder
            continue
        unread_bytes += _BESIDE_THE_VALUE + len(key) + len(str(value).encode())
        withheld |= {gid} if gid else set()
        problem = f"{shorten(value)} is no namespace with its uid" if gid else "is no gid"
        damage.append(f"entry {shorten(key)}: {problem}")
    version = text(config_map, "metadata", "resourceVersion") or ""
    return Ledger(holders, frozenset(withheld), (*sorted(damage), *_given_twice(holders)), version, unread_bytes)


def _gid(key: str) -> int | None:
    return int(key) if _GID.fullmatch(key) and int(key) <= HIGHEST_GID else None


def _holder(value: str) -> Holder | None:
    found = _HOLDER.fullmatch(value)
    if found is None:
        return None
    try:
        return Holder(found[1], found[2], date.fromisoformat(found[3]) if found[3] else None)
    except ValueError:
        return None


def _given_twice(holders: Mapping[int, Holder]) -> Iterator[str]:
    first: dict[Holder, int] = {}
    for gid, holder in sorted(holders.items()):
        if holder.gone is None and first.setdefault(holder, gid) != gid:
            yield f"entry '{gid}': namespace {holder.namespace} has gid {first[holder]} already, and keeps that"
