"""The closed vocabulary of actions: all that a decision can ask for.

An effect on the API says about whom it is, and by which reason to tell that person when the API refuses it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from controller.decisions import reasons
from controller.export.outcomes import Outcome
from controller.export.requests import Request
from kube import resources
from kube.events import EventType, ObjectReference
from kube.resources import Resource
from policy.shapes import Json

Outcomes: TypeAlias = Mapping[Request, Outcome]
"""What has been asked of the export for the object at hand so far, and what came of it."""

JsonPatch: TypeAlias = Sequence[Mapping[str, Any]]
"""Operations of RFC 6902; ours begin with tests that what was seen still holds."""


@dataclass(frozen=True, slots=True)
class PatchEffect:
    """An effect that is one patch of the object `about`, which is one of `resource`, or of its `subresource`."""

    about: ObjectReference
    patch: JsonPatch
    resource: ClassVar[Resource]
    subresource: ClassVar[str | None] = None
    refused: ClassVar[str]


class LiftGates(PatchEffect):
    """Take scheduling gates off the Pod `about`."""

    resource = resources.PODS
    refused = reasons.GATE_NOT_LIFTED


@dataclass(frozen=True, slots=True)
class CreateVolume:
    """Create a volume for the claim `about`."""

    about: ObjectReference
    volume: Json
    refused: ClassVar[str] = reasons.PROVISIONING_FAILED


class SetClass(PatchEffect):
    """Give the claim `about` a class."""

    resource = resources.CLAIMS
    refused = reasons.CLASS_NOT_FILLED_IN


class SetMountOptions(PatchEffect):
    """Give the volume `about` mount options."""

    resource = resources.VOLUMES
    refused = reasons.MOUNT_OPTIONS_NOT_FILLED_IN


@dataclass(frozen=True, slots=True)
class GrowVolume(PatchEffect):
    """Raise the capacity of the volume `about`, which `claim` asks for: its author can read no Events of volumes."""

    claim: ObjectReference
    resource = resources.VOLUMES
    refused = reasons.EXPANSION_FAILED


class AllocateClaim(PatchEffect):
    """Say in the status of the claim `about` how large its volume is about to be, which quotas count from then on; or
    that it cannot be.
    """

    resource = resources.CLAIMS
    subresource = "status"
    refused = reasons.EXPANSION_FAILED


class GrowClaim(PatchEffect):
    """Say in the status of the claim `about` how large its volume is now."""

    resource = resources.CLAIMS
    subresource = "status"
    refused = reasons.EXPANSION_FAILED


class ChooseExport(PatchEffect):
    """Write on the claim `about` which export its volume is made on."""

    resource = resources.CLAIMS
    refused = reasons.EXPORT_NOT_CHOSEN


class GiveGid(PatchEffect):
    """Write on the static volume `about` into which group its Pods are put, or take that off."""

    resource = resources.VOLUMES
    refused = reasons.GID_NOT_GIVEN


@dataclass(frozen=True, slots=True)
class RecordGids:
    """Write these entries (gid and holder, as the ledger has them) into the ledger of gids, for the sake of `about`,
    provided that the ledger still has this `version`; where that is empty, there is none yet.
    """

    about: ObjectReference
    entries: tuple[tuple[str, str], ...]
    version: str
    refused: ClassVar[str] = reasons.GID_NOT_ASSIGNED


class RecordUsage(PatchEffect):
    """Write on the volume `about` how much of it is used, and what was told of that."""

    resource = resources.VOLUMES
    refused = reasons.USAGE_NOT_RECORDED


class MarkClaim(PatchEffect):
    """Write on the claim `about` how much of it is used, and whether that is more than its size."""

    resource = resources.CLAIMS
    refused = reasons.USAGE_NOT_RECORDED


class ReleaseVolume(PatchEffect):
    """Take our finalizer off the volume `about`."""

    resource = resources.VOLUMES
    refused = reasons.VOLUME_NOT_RELEASED


@dataclass(frozen=True, slots=True)
class DeleteVolume:
    """Delete the volume `about`, if it is that very one; one that is gone is as good."""

    about: ObjectReference
    refused: ClassVar[str] = reasons.VOLUME_NOT_DELETED


@dataclass(frozen=True, slots=True)
class WriteLimits:
    """Have a ResourceQuota or a LimitRange, one of `resource`, limit the namespace `about`: as a new object or, where
    `wanted` carries a version, in the place of the one that still has it.
    """

    about: ObjectReference
    resource: Resource
    wanted: Json
    refused: ClassVar[str] = reasons.LIMITS_NOT_SET


@dataclass(frozen=True, slots=True)
class DeleteLimits:
    """Delete the ResourceQuota or LimitRange of ours in the namespace `about`, if it is as it was seen."""

    about: ObjectReference
    resource: Resource
    uid: str
    version: str
    refused: ClassVar[str] = reasons.LIMITS_NOT_LIFTED


@dataclass(frozen=True, slots=True)
class Tell:
    """Record an Event on `about`. `progress`: it is one of a row that say how far something is, each in other words.
    `foreword`: it may as well be said in the next good news about the same object.
    """

    about: ObjectReference
    type: EventType
    reason: str
    message: str
    progress: bool = False
    foreword: bool = False


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Nothing more can be done now; look again in `after` seconds."""

    after: float


@dataclass(frozen=True, slots=True)
class TryAgain:
    """It did not work out; try again with growing delays. `why` is for the log."""

    why: str


ApiEffect: TypeAlias = CreateVolume | DeleteLimits | DeleteVolume | PatchEffect | RecordGids | WriteLimits
Action: TypeAlias = Request | ApiEffect | Tell | LookAgain | TryAgain
"""A request is for the duty's export; the object is looked at again with its outcome."""
Actions: TypeAlias = tuple[Action, ...]


def concerned(effect: ApiEffect) -> tuple[ObjectReference, ...]:
    """Whom to tell where the API refuses an effect."""
    return (effect.about, effect.claim) if isinstance(effect, GrowVolume) else (effect.about,)
