"""How long things take that are about certificates."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CertificateTiming:
    """In seconds: everything is looked at every `look`, and at once when something changes. What was seen to hold for
    `settling` counts as known to all API servers and to all processes of a replica: their watches are seconds behind,
    and a webhook's processes look at their files every two. A replica that says nothing for `handshake` is not there.
    What fails is tried again after `retry_first`, then twice as long each time up to `retry_longest`.
    """

    look: float = 15.0
    settling: float = 60.0
    handshake: float = 2.0
    retry_first: float = 0.5
    retry_longest: float = 30.0


CERTIFICATE_TIMING: Final = CertificateTiming()
