"""Claims that wait for a volume, whole: a burst of them is served without reading each once more."""

import json
import threading
from collections import OrderedDict
from typing import Final

from controller.observed.records import ClaimRecord, claim_record
from policy.shapes import Json

_CLAIMS: Final = 1_000
_LARGEST: Final = 16 * 1024
"""So many, and so many bytes each, at most: how many wait, and with what annotations, is up to tenants."""


class WaitingClaims:
    """The last claims that a watch has shown to wait for a volume of their class; as JSON, which takes a fifth of the
    memory. Safe for use from many threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claims: OrderedDict[str, tuple[ClaimRecord, bytes]] = OrderedDict()

    def record(self, raw: Json) -> ClaimRecord:
        """The record of a claim, which is kept whole from now on, or not any more. Raises `WrongShape`."""
        record = claim_record(raw)
        whole = json.dumps(raw).encode() if record.pending and record.storage_class else b""
        with self._lock:
            self._claims.pop(record.uid, None)
            if 0 < len(whole) <= _LARGEST:
                self._claims[record.uid] = (record, whole)
                if len(self._claims) > _CLAIMS:
                    self._claims.popitem(last=False)
        return record

    def drop(self, uid: str) -> None:
        """Keep a claim no longer."""
        with self._lock:
            self._claims.pop(uid, None)

    def whole(self, record: ClaimRecord) -> Json | None:
        """The claim of this record, or None. Until it is bound, nothing that a decision reads changes in a claim but
        what its record tells (`ValidatePersistentVolumeClaimUpdate` of Kubernetes).
        """
        with self._lock:
            known, whole = self._claims.get(record.uid, (None, b""))
        return json.loads(whole) if known == record else None
