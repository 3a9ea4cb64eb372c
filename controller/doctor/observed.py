"""Everything that an examination has looked at; checks are functions of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Final

from certs.bundles import Certificates
from controller.doctor.exportstable import ExportLine, UnreadLine
from controller.doctor.leases import LeaseSeen
from controller.doctor.trial import Verdict
from controller.export.outcomes import Unavailable
from controller.export.surveying import FolderSeen, Survey
from controller.export.trying import WriteTrial
from policy.exports import ManagedExports
from policy.model import DEFAULT_PROFILE_NAME, Policy, Profile
from policy.parameters import QuotaKind
from policy.profiles import NamespaceSettings, settings_for
from policy.shapes import Json, labels, text


class Part(StrEnum):
    """What there is to look at in a cluster, each of which may be out of sight."""

    POLICY = "the policy"
    CLOCK = "the API server's clock"
    NAMESPACES = "Namespaces"
    CLASSES = "StorageClasses"
    VOLUMES = "PersistentVolumes"
    CLAIMS = "PersistentVolumeClaims"
    PODS = "Pods with inline volumes"
    EVENTS = "Events"
    LEASES = "Leases"
    DEPLOYMENTS = "Deployments"
    WEBHOOKS = "the webhook configurations"
    CERTIFICATE = "the webhook's Secret"
    TRIAL = "a claim tried as a dry run"


@dataclass(frozen=True, slots=True)
class Installed:
    """What an installation is called (all names begin with it), where it is, and the Secret of its webhook."""

    name: str
    namespace: str
    secret: str


@dataclass(frozen=True, slots=True)
class TrustSeen:
    """A webhook configuration of this kind, and what each of its entries trusts."""

    kind: str
    bundles: tuple[Certificates, ...]


@dataclass(frozen=True, slots=True)
class ClockSeen:
    """Two clocks read at the same moment: `there` by somebody else, `here` by this machine."""

    there: datetime
    here: datetime

    @property
    def ahead(self) -> float:
        """By how many seconds the other clock is ahead of ours."""
        return (self.there - self.here).total_seconds()


@dataclass(frozen=True, slots=True)
class ExportSeen:
    """An export as it is mounted at `path`. `trouble`: it could not be looked at any further. Without `trial` nothing
    could be written; `survey` None: what lies on it was not looked at. `no_limits`: why its file system, if that is
    this machine's own, cannot keep limits of a kind.
    """

    name: str
    path: str
    trouble: Unavailable | None = None
    root: FolderSeen | None = None
    trial: WriteTrial | None = None
    survey: Survey | None = None
    clock: ClockSeen | None = None
    no_limits: Mapping[QuotaKind, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"export {self.name} ({self.path})"


@dataclass(frozen=True, slots=True)
class TableSeen:
    """An export table, and the folders it names as far as they can be seen from here, by path."""

    source: str
    lines: tuple[ExportLine | UnreadLine, ...]
    folders: Mapping[str, FolderSeen]


_NO_POLICY: Final = Policy(profiles=(Profile(name=DEFAULT_PROFILE_NAME),))


@dataclass(frozen=True)
class Observed:
    """What was seen. A part of the cluster that is in `unseen` is empty here, and says nothing; the value there says
    why it was not seen. Objects are raw. `certificate` is the webhook's, and what follows it, PEM.
    """

    now: datetime
    installed: Installed = Installed("nfs-steward", "nfs-steward", "nfs-steward-webhook-tls")
    policy: Policy = _NO_POLICY
    policy_problem: str | None = None
    api_clock: ClockSeen | None = None
    namespaces: tuple[Json, ...] = ()
    classes: tuple[Json, ...] = ()
    volumes: tuple[Json, ...] = ()
    claims: tuple[Json, ...] = ()
    pods: tuple[Json, ...] = ()
    events: tuple[Json, ...] = ()
    leases: tuple[LeaseSeen, ...] = ()
    deployments: tuple[Json, ...] = ()
    trust: tuple[TrustSeen, ...] = ()
    certificate: bytes | None = None
    trial: Verdict | None = None
    exports: tuple[ExportSeen, ...] = ()
    tables: tuple[TableSeen, ...] = ()
    unseen: Mapping[Part, str] = field(default_factory=dict)

    @cached_property
    def managed(self) -> ManagedExports:
        """The policy's exports."""
        return ManagedExports(self.policy.exports)

    @cached_property
    def opted_in(self) -> tuple[NamespaceSettings, ...]:
        """What holds in each opted-in namespace."""
        found = (
            settings_for(self.policy, text(each, "metadata", "name") or "", labels(each)) for each in self.namespaces
        )
        return tuple(settings for settings in found if settings)

    @cached_property
    def class_names(self) -> frozenset[str]:
        """The names of all StorageClasses."""
        return frozenset(text(each, "metadata", "name") or "" for each in self.classes)

    @cached_property
    def ours(self) -> tuple[Json, ...]:
        """The StorageClasses that we make volumes for."""
        return tuple(each for each in self.classes if text(each, "provisioner") in self.provisioners)

    @property
    def provisioners(self) -> frozenset[str]:
        """The provisioner's names that we answer to."""
        return self.policy.provisioners
