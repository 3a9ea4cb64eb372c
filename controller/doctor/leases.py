"""Whether the Leases by which controllers lead are held: seen by looking twice, since clocks differ."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, TypeAlias

from controller.names import LEASE_PREFIX
from kube import resources
from kube.client import Client
from kube.lease import USUAL_DURATIONS
from kube.leaserecord import LeaseRecord, record_of
from policy.shapes import text

_BETWEEN_SECONDS: Final = 2.5 * USUAL_DURATIONS.retry
"""A holder renews after `retry` seconds, or a fifth later."""

Pause: TypeAlias = Callable[[float], None]
_Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LeaseSeen:
    """A Lease as it was last, and whether its holder has renewed it between two looks."""

    namespace: str
    name: str
    record: LeaseRecord
    renewed: bool

    @property
    def held(self) -> bool:
        """Whether somebody leads by it."""
        return bool(self.record.holder) and self.renewed


def look_at_leases(client: Client, foreign: Collection[str], pause: Pause) -> tuple[LeaseSeen, ...]:
    """Ours in every namespace, and those with a `foreign` name. Raises `ApiError`."""
    first = _records(client, foreign)
    if not first:
        return ()
    pause(_BETWEEN_SECONDS)
    second = _records(client, foreign)
    return tuple(LeaseSeen(*key, record, renewed=first.get(key) != record) for key, record in second.items())


def foreign_lease(provisioner: str) -> str:
    """The Lease by which a provisioner leads that is built on sig-storage-lib-external-provisioner."""
    return provisioner.replace("/", "-")


def _records(client: Client, foreign: Collection[str]) -> dict[_Key, LeaseRecord]:
    found: dict[_Key, LeaseRecord] = {}
    for lease in client.list(resources.LEASES).items:
        name = text(lease, "metadata", "name") or ""
        if name.startswith(LEASE_PREFIX) or name in foreign:
            key = text(lease, "metadata", "namespace") or "", name
            found[key] = record_of(lease, USUAL_DURATIONS.lease)
    return found
