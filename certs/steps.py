"""The closed vocabulary of what can be done next about certificates, each with its reason."""

from dataclasses import dataclass
from typing import TypeAlias

from certs.bundles import Certificates


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing can or need be done now."""

    why: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nothing will be done, and somebody has to do something about it."""

    why: str


@dataclass(frozen=True, slots=True)
class AskReplicas:
    """What the replicas serve has to be known to go on."""

    why: str


@dataclass(frozen=True, slots=True)
class Create:
    """Make the Secret with a new authority, which stands beside `trusted`; `serve`: with a certificate of it, too."""

    why: str
    trusted: Certificates
    serve: bool


@dataclass(frozen=True, slots=True)
class BeginAuthority:
    """Put a new authority in front of those that are there; what is served stays.

    `damaged`: the one in place cannot be used, so that this is no ordinary change.
    """

    why: str
    damaged: bool


@dataclass(frozen=True, slots=True)
class Adopt:
    """Take authorities into the Secret that are published and that it does not hold."""

    why: str
    authorities: Certificates


@dataclass(frozen=True, slots=True)
class Publish:
    """Put `bundle` (PEM) into every entry of a configuration that calls us."""

    why: str
    configuration: str
    bundle: bytes


@dataclass(frozen=True, slots=True)
class Serve:
    """Sign a new serving certificate by the first authority. `damaged`: the one in place cannot be used."""

    why: str
    damaged: bool


@dataclass(frozen=True, slots=True)
class Drop:
    """Trust these authorities no more."""

    why: str
    authorities: Certificates


SecretStep: TypeAlias = BeginAuthority | Adopt | Serve | Drop
Effect: TypeAlias = Create | SecretStep | Publish
Step: TypeAlias = Rest | Refuse | AskReplicas | Effect
