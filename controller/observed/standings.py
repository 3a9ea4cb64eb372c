"""How the exports are, as their controllers say on the Leases by which they lead."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from controller.decisions.choosing import Candidate
from controller.export.health import ExportHealth
from controller.export.outcomes import ExportState
from controller.names import export_duty, lease_of
from controller.observed.usage import time_text
from controller.observed.usagetable import UsageTable
from kube import resources
from kube.client import Client
from kube.informer import Informer
from kube.lease import USUAL_DURATIONS
from kube.leaserecord import LeaseRecord, record_of
from policy import keys
from policy.shapes import Json, annotations

_LONGEST_COUNT: Final = 20  # digits, of bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """What the Lease of an export said last: who leads, in which state the export is, and how many bytes are free
    (None: nobody knows). `seen` is when that came, by our own monotonic clock.
    """

    record: LeaseRecord
    state: str
    free: int | None
    seen: float = field(compare=False)

    def is_alive(self, now: float) -> bool:
        """Whether a controller leads: it has renewed its Lease lately, as far as we have been watching."""
        return bool(self.record.holder) and now - self.seen < self.record.duration


def export_notes(health: ExportHealth, usage: UsageTable) -> Mapping[str, str]:
    """What an export's controller says on its Lease."""
    free, oldest = health.free_bytes, usage.oldest
    return {
        keys.EXPORT_STATE: health.state,
        keys.FREE_BYTES: "" if free is None else str(free),
        keys.OLDEST_MEASUREMENT: "" if oldest is None else time_text(oldest),
        keys.FILE_SYSTEM: health.file_system,
    }


def standing_of(lease: Json, now: float) -> Standing:
    """Read a Lease of an export; a state that is missing counts as unreachable, bytes that are no number as unknown."""
    notes = annotations(lease)
    free = notes.get(keys.FREE_BYTES, "")
    known = free.isascii() and free.isdigit() and len(free) <= _LONGEST_COUNT
    state = notes.get(keys.EXPORT_STATE, ExportState.UNREACHABLE)
    return Standing(record_of(lease, USUAL_DURATIONS.lease), state, int(free) if known else None, now)


class ExportStandings:
    """Watches the Leases in `namespace`, nfs-steward's own. `clock` is monotonic, in seconds.

    How long ago a Lease was renewed is known by when its change was seen: no other machine's clock counts.
    """

    def __init__(self, client: Client, namespace: str, clock: Callable[[], float]) -> None:
        self._namespace = namespace
        self._clock = clock
        self.informer = Informer(
            client, resources.LEASES, lambda lease: standing_of(lease, clock()), namespace=namespace
        )

    def candidate(self, export: str) -> Candidate:
        """How the export of that name is, for a choice; one without a Lease, or with none known yet, is not alive."""
        known = self.informer.get(lease_of(export_duty(export)), self._namespace)
        if known is None:
            return Candidate(export, alive=False)
        return Candidate(export, known.is_alive(self._clock()), known.state, known.free)
