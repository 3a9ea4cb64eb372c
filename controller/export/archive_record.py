"""What an archive says of itself, in its `archive.json`: the whole truth of it, beside its data."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from controller.export.requests import Archived
from policy.errors import StewardError
from policy.shapes import sequence, text

_VERSION: Final = 1
_LONGEST_NAME: Final = 240
_UNFIT: Final = re.compile(r"[^A-Za-z0-9.-]")


class RecordUnreadable(StewardError):
    """An archive's record is damaged, or of a later version: the archive is kept, whatever it may say."""


@dataclass(frozen=True, slots=True)
class ArchiveRecord:
    """A volume's data that was archived at a time, in UTC."""

    archived: Archived
    archived_at: datetime

    @property
    def expires_at(self) -> datetime | None:
        """When its time is over; None: never."""
        keep_for = self.archived.keep_for
        if keep_for is None:
            return None
        try:
            return self.archived_at + keep_for
        except OverflowError:
            return None


def is_expired(record: ArchiveRecord, now: datetime) -> bool:
    """Whether an archive's time is over."""
    expires_at = record.expires_at
    return expires_at is not None and expires_at <= now


def archive_name(record: ArchiveRecord) -> str:
    """A name that tells people what it is: namespace, claim, uid of the volume, time. Underscores, which none of the
    first three can hold, part them; a claim's name may be too long, and is cut: the record has the whole of it.
    """
    archived = record.archived
    tail = f"{uid_part(archived.volume_uid)}{record.archived_at:%Y%m%dT%H%M%SZ}"
    head = f"{_fit(archived.namespace)}_{_fit(archived.claim or archived.volume)}"
    return f"{head[: _LONGEST_NAME - len(tail)]}{tail}"


def uid_part(volume_uid: str) -> str:
    """The part of an archive's name by which those of one volume are found."""
    return f"_{volume_uid}_"


def write_record(record: ArchiveRecord) -> bytes:
    """The content of `archive.json`; times in RFC 3339, durations in seconds."""
    archived = record.archived
    fields = {
        "version": _VERSION,
        "namespace": archived.namespace,
        "claim": archived.claim,
        "volume": archived.volume,
        "volumeUid": archived.volume_uid,
        "directory": list(archived.segments),
        "capacity": archived.capacity,
        "archivedAt": record.archived_at.astimezone(UTC).isoformat(),
        "keepForSeconds": None if archived.keep_for is None else archived.keep_for.total_seconds(),
    }
    return orjson.dumps(fields, option=orjson.OPT_INDENT_2) + b"\n"


def read_record(content: bytes) -> ArchiveRecord:
    """The record in `archive.json`; raises `RecordUnreadable` unless every field is there and can be meant."""
    try:
        return _record(orjson.loads(content))
    except (ValueError, TypeError, KeyError, OverflowError, StewardError) as error:
        raise RecordUnreadable(f"archive.json cannot be read: {error}") from error


def _record(fields: Any) -> ArchiveRecord:
    if not isinstance(fields, dict) or fields.get("version") != _VERSION:
        raise RecordUnreadable("it is of another version than this nfs-steward knows")
    archived = Archived(
        volume_uid=_text(fields, "volumeUid"),
        volume=_text(fields, "volume"),
        namespace=_text(fields, "namespace"),
        claim=_text(fields, "claim"),
        segments=tuple(str(segment) for segment in sequence(fields, "directory")),
        capacity=_text(fields, "capacity"),
        keep_for=_duration(fields["keepForSeconds"]),
    )
    return ArchiveRecord(archived, _time(_text(fields, "archivedAt")))


def _text(fields: dict[str, Any], name: str) -> str:
    found = text(fields, name)
    if found is None:
        raise RecordUnreadable(f"it says nothing of {name}")
    return found


def _duration(seconds: Any) -> timedelta | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
        raise RecordUnreadable("keepForSeconds is no positive number")
    return timedelta(seconds=seconds)


def _time(written: str) -> datetime:
    time = datetime.fromisoformat(written)
    if time.tzinfo is None:
        raise RecordUnreadable("archivedAt names no time zone")
    return time.astimezone(UTC)


def _fit(name: str) -> str:
    return _UNFIT.sub("-", name)
