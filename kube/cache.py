"""What is kept of the objects of a collection, and how it changed."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeVar

from policy.errors import WrongShape
from policy.shapes import Json, text

T = TypeVar("T")


class Key(NamedTuple):
    """The name of an object within its kind; `namespace` is `None` for a kind that has none."""

    namespace: str | None
    name: str


def key_of(obj: Json) -> Key:
    """The key of an object; raises WrongShape for one without a name."""
    namespace, name = text(obj, "metadata", "namespace"), text(obj, "metadata", "name")
    if not name:
        raise WrongShape("metadata.name", "a name", name)
    # Ten thousand claims of a hundred namespaces then hold a hundred strings.
    return Key(sys.intern(namespace) if namespace else None, name)


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """What became of one object: `old` is `None` where it was added, `new` where it was removed."""

    kind: Literal["added", "changed", "removed"]
    key: Key
    old: T | None
    new: T | None


class Cache(Generic[T]):
    """What is kept, by key. One thread writes, any number read.

    Reads take no lock: each is one operation on a dict, which CPython does not interrupt, and `replace` puts a whole
    new dict in place of the old one.
    """

    def __init__(self) -> None:
        self._kept: dict[Key, T] = {}

    def get(self, key: Key) -> T | None:
        """What is kept of one object, or `None`."""
        return self._kept.get(key)

    def values(self) -> list[T]:
        """All that is kept, as of one moment."""
        return list(self._kept.values())

    def put(self, key: Key, new: T | None) -> Change[T] | None:
        """Keep `new`, or nothing where it is `None`; `None` comes back where that is no change."""
        old = self._kept.get(key)
        if new is None:
            self._kept.pop(key, None)
        elif old != new:
            self._kept[key] = new
        return _change(key, old, new)

    def replace(self, fresh: Mapping[Key, T]) -> list[Change[T]]:
        """Keep exactly `fresh`; the changes that this makes, removals first."""
        old = self._kept
        self._kept = {key: _older_if_equal(old.get(key), new) for key, new in fresh.items()}
        removed = [_change(key, value, None) for key, value in old.items() if key not in fresh]
        others = [_change(key, old.get(key), new) for key, new in fresh.items()]
        return [change for change in (*removed, *others) if change is not None]


def _older_if_equal(old: T | None, new: T) -> T:
    # So that a list read again leaves no second copy of everything in memory once its changes are handled.
    return old if old is not None and old == new else new


def _change(key: Key, old: T | None, new: T | None) -> Change[T] | None:
    if old is None:
        return None if new is None else Change("added", key, None, new)
    if new is None:
        return Change("removed", key, old, None)
    return None if old == new else Change("changed", key, old, new)
