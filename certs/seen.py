"""What was observed before a decision about certificates: the Secret, what is published, what is served."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from cryptography import x509

from certs.bundles import Fingerprint
from certs.stock import Stock


@dataclass(frozen=True, slots=True)
class NoSecret:
    """There is no Secret of the name."""


@dataclass(frozen=True, slots=True)
class ForeignSecret:
    """There is a Secret, and it is not ours; `why` it is not, for people."""

    why: str


@dataclass(frozen=True, slots=True)
class OurSecret:
    """Our Secret, in whatever state."""

    stock: Stock


SecretSeen: TypeAlias = NoSecret | ForeignSecret | OurSecret


@dataclass(frozen=True, slots=True)
class Published:
    """A webhook configuration that is there: the bundle of each of its entries that calls us.

    `trusted_for`: for how many seconds every one of them has been seen to hold an authority without a break.
    """

    configuration: str
    bundles: tuple[bytes, ...]
    trusted_for: Mapping[Fingerprint, float]


@dataclass(frozen=True, slots=True)
class Replica:
    """A Pod of the webhook, and the certificate that it serves; None where it did not answer."""

    name: str
    certificate: x509.Certificate | None


@dataclass(frozen=True, slots=True)
class Replicas:
    """All of the webhook's Pods. `all_serve_for`: for how many seconds every one of them has been seen to serve
    certificates of an authority without a break.
    """

    each: tuple[Replica, ...]
    all_serve_for: Mapping[Fingerprint, float]


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything at one moment. `replicas` None: they have not been asked, which costs a connection to each."""

    now: datetime
    secret: SecretSeen
    published: tuple[Published, ...]
    replicas: Replicas | None = None
